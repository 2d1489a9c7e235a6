package truth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// longestLine bounds the memory that a line can take.
const longestLine = 16 << 20

// EachLine calls do for each line of a recording that is not empty, without the space
// around it; lines count from 1. What is compressed with gzip is unpacked. The number of
// the last line is returned. Errors, do's among them, begin with name and the number of
// the line.
func EachLine(name string, r io.Reader, do func(number int, line []byte) error) (last int, err error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return 0, fmt.Errorf("%s: must be a gzip stream, got %w", name, err)
		}
		in = bufio.NewReader(unpacked)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		last++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := do(last, line); err != nil {
			return last, fmt.Errorf("%s:%d: %w", name, last, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return last, fmt.Errorf("%s:%d: line: must be at most %d bytes long", name, last+1, longestLine)
	case err != nil:
		return last, fmt.Errorf("%s:%d: must be whole, got %w", name, last+1, err)
	}
	return last, nil
}
