package patch

import (
	"errors"
	"fmt"
	"strings"
)

// File is a file of the input.
type File struct{ Name, Text string }

// Diff is what changes in files, as a unified diff that patch -p0 takes. A change that is
// made in no file is told as a comment before it.
func Diff(sets []string, files []File) string {
	changed := make([]string, len(files))
	for i, f := range files {
		changed[i] = f.Text
	}
	var b strings.Builder
	for _, set := range sets {
		made, why := false, "nothing of the files is what it is of"
		for i := range files {
			text, err := edit(changed[i], set)
			switch {
			case err == nil:
				changed[i], made = text, true
			case !errors.Is(err, errElsewhere):
				why = files[i].Name + " " + err.Error()
			}
		}
		if !made {
			fmt.Fprintf(&b, "# by hand: %s (%s)\n", set, why)
		}
	}
	for i, f := range files {
		if changed[i] != f.Text {
			unified(&b, f.Name, f.Text, changed[i])
		}
	}
	return b.String()
}

const context = 3

// unified writes the difference of two texts: edits that are near share a hunk.
func unified(b *strings.Builder, name, before, after string) {
	fmt.Fprintf(b, "--- %s\n+++ %s\n", name, name)
	a, c := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	steps := script(a, c)
	for from := 0; from < len(steps); {
		if steps[from].sign == ' ' {
			from++
			continue
		}
		first, last := from, from
		for at := from; at < len(steps) && at-last <= 2*context; at++ {
			if steps[at].sign != ' ' {
				last = at
			}
		}
		first, end := max(0, first-context), min(len(steps), last+1+context)
		hunk(b, steps[first:end])
		from = end
	}
}

// step is a line of a difference: kept, taken or new, with its number in both texts.
type step struct {
	sign byte
	line string
	a, c int // from 1: of the line, or of the next one
}

func hunk(b *strings.Builder, steps []step) {
	old, fresh := 0, 0
	for _, s := range steps {
		if s.sign != '+' {
			old++
		}
		if s.sign != '-' {
			fresh++
		}
	}
	fmt.Fprintf(b, "@@ -%d,%d +%d,%d @@\n", steps[0].a, old, steps[0].c, fresh)
	for _, s := range steps {
		b.WriteByte(s.sign)
		b.WriteString(s.line)
		if !strings.HasSuffix(s.line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// mostCells bounds the table of a difference; where it would be larger, all lines between
// the first and the last edit are told as replaced.
const mostCells = 4_000_000

// script goes from one text to another with the fewest lines taken and new.
func script(a, c []string) []step {
	a, c = whole(a), whole(c)
	head := 0
	for head < min(len(a), len(c)) && a[head] == c[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(c))-head && a[len(a)-1-tail] == c[len(c)-1-tail] {
		tail++
	}
	common := commonAfter(a[head:len(a)-tail], c[head:len(c)-tail])
	var steps []step
	for i, j := 0, 0; i < len(a) || j < len(c); {
		x, y := i-head, j-head
		switch inside := i >= head && j >= head && (i < len(a)-tail || j < len(c)-tail); {
		case !inside || i < len(a)-tail && j < len(c)-tail && a[i] == c[j] && common != nil:
			steps = append(steps, step{' ', a[i], i + 1, j + 1})
			i, j = i+1, j+1
		case i < len(a)-tail && (j == len(c)-tail || common == nil || common[x+1][y] >= common[x][y+1]):
			steps = append(steps, step{'-', a[i], i + 1, j + 1})
			i++
		default:
			steps = append(steps, step{'+', c[j], i + 1, j + 1})
			j++
		}
	}
	return steps
}

// whole leaves out what is behind the last end of a line when that is nothing.
func whole(lines []string) []string {
	if n := len(lines); n > 0 && lines[n-1] == "" {
		return lines[:n-1]
	}
	return lines
}

// commonAfter says how many lines two texts have in common, in order, from each pair of
// lines on; nil when there are too many pairs.
func commonAfter(a, c []string) [][]int {
	if len(a)*len(c) > mostCells {
		return nil
	}
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(c)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(c) - 1; j >= 0; j-- {
			table[i][j] = max(table[i+1][j], table[i][j+1])
			if a[i] == c[j] {
				table[i][j] = max(table[i][j], table[i+1][j+1]+1)
			}
		}
	}
	return table
}
