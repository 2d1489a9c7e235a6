package render

import "strings"

// mostCells bounds the table in which lines of a template are matched.
const mostCells = 4_000_000

// origins says for each line of what a template became which line of the template it
// most likely comes from: lines match where they begin alike up to the first action,
// and as many as possible are matched in order. A line that has no match, such as one
// of toYaml, has the line of the one before. Of a very long template it is the line of
// what it became.
func origins(template, rendered string) []int {
	to := strings.Split(rendered, "\n")
	lines := make([]int, len(to))
	from := strings.Split(template, "\n")
	if len(from)*len(to) > mostCells {
		for i := range lines {
			lines[i] = i + 1
		}
		return lines
	}
	begin := make([]string, len(from))
	for i, line := range from {
		begin[i], _, _ = strings.Cut(line, "{{")
		begin[i] = strings.TrimSpace(begin[i])
	}
	like := func(i, j int) int { // how much speaks for it
		text := strings.TrimSpace(to[j])
		switch {
		case begin[i] == "" || text == "":
			return 0
		case strings.TrimSpace(from[i]) == text:
			return 3
		case strings.Contains(from[i], "{{") && strings.HasPrefix(text, begin[i]):
			return 2
		}
		return 0
	}
	best := table(len(from), len(to), like)
	i, last := 0, 1
	for j := range to {
		for ; i < len(from); i++ {
			if l := like(i, j); l > 0 && best[i][j] == best[i+1][j+1]+int32(l) {
				i++
				last = i
				break
			}
			if best[i][j] != best[i+1][j] { // another line of the template would be lost
				break
			}
		}
		lines[j] = last
	}
	return lines
}

// table has at [i][j] the most that can be matched of what follows i and j.
func table(n, m int, like func(i, j int) int) [][]int32 {
	best := make([][]int32, n+1)
	cells := make([]int32, (n+1)*(m+1))
	for i := range best {
		best[i] = cells[i*(m+1) : (i+1)*(m+1)]
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if l := like(i, j); l > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+int32(l))
			}
		}
	}
	return best
}
