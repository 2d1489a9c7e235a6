package words

import (
	"strings"
	"unicode/utf8"
)

// Columns are rows of as many cells in columns two spaces apart; right says which of these are
// aligned to the right.
func Columns(rows [][]string, right func(column int) bool) string {
	if len(rows) == 0 {
		return ""
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for c, cell := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for c, cell := range row {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			if right(c) {
				cell, pad = pad, cell
			}
			line.WriteString("  " + cell + pad)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
