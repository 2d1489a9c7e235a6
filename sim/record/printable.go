package record

import (
	"bytes"
	"regexp"
)

// steering matches what makes a control character in a JSON string.
var steering = regexp.MustCompile("\\\\[nrtbf]|\\\\u00[01][0-9a-fA-F]|\\\\u00[789][0-9a-fA-F]|\\\\u20[26][0-9a-fA-F]")

// printable writes the control characters in the strings of a line of JSON as the
// text of their escapes, \\n for \n: nothing of a stream steers the terminal where
// it is shown.
func printable(line []byte) []byte {
	if !steering.Match(line) {
		return line
	}
	var b bytes.Buffer
	for len(line) > 0 {
		i := bytes.IndexByte(line, '\\')
		if i < 0 || i+1 >= len(line) {
			break
		}
		b.Write(line[:i])
		if at := steering.FindIndex(line[i:]); at != nil && at[0] == 0 {
			b.WriteByte('\\')
		}
		b.Write(line[i : i+2])
		line = line[i+2:]
	}
	b.Write(line)
	return b.Bytes()
}
