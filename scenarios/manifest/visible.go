package manifest

import (
	"fmt"
	"strings"
)

// Control reports whether a character steers a terminal, ends a line or turns the
// direction of writing instead of showing.
func Control(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph separator
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidirectional
		return true
	}
	return false
}

// Visible is text of the input whose control characters are written as Go writes
// them: it stays on its line and steers nothing, wherever it is printed.
func Visible(text string) string {
	if !strings.ContainsFunc(text, Control) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !Control(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
