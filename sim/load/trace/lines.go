package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxLine is the longest line, in bytes: a prompt of millions of tokens in
// hash ids of blocks.
const maxLine = 4 << 20

// lines reads a text line by line, plain or gzipped.
type lines struct {
	name    string
	file    io.Closer
	scanner *bufio.Scanner
	zipped  bool
	number  int
	good    int64

	peeked bool // line and err are what next gives
	line   []byte
	err    error
}

func openLines(name string, open func() (io.ReadCloser, error)) (*lines, error) {
	file, err := open()
	if err != nil {
		return nil, err
	}
	l := &lines{name: name, file: file}
	reader := bufio.NewReaderSize(file, 64<<10)
	var text io.Reader = reader
	if head, _ := reader.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		l.zipped = true
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return nil, errors.Join(&Error{File: name, Message: "must be a whole gzip file: " + err.Error()}, file.Close())
		}
		text = unzipped
	}
	l.scanner = bufio.NewScanner(text)
	l.scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	l.scanner.Split(l.split)
	return l, nil
}

// split cuts at line ends. What a reading error cut off is no line.
func (l *lines) split(data []byte, atEOF bool) (int, []byte, error) {
	if err := l.scanner.Err(); atEOF && err != nil && bytes.IndexByte(data, '\n') < 0 {
		return 0, nil, err
	}
	return bufio.ScanLines(data, atEOF)
}

func (l *lines) close() error { return l.file.Close() }

// peek is the next line, comments left out, and leaves it to next.
func (l *lines) peek() ([]byte, error) {
	l.line, l.err = l.next()
	for l.err == nil && l.line[0] == '#' {
		l.line, l.err = l.next()
	}
	l.peeked = true
	return l.line, l.err
}

// next is the next line that is not empty, without its end. It holds until the
// next call. After the last the error is io.EOF.
func (l *lines) next() ([]byte, error) {
	if l.peeked {
		l.peeked = false
		return l.line, l.err
	}
	for l.scanner.Scan() {
		l.number++
		line := l.scanner.Bytes()
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		line = bytes.TrimSpace(line)
		if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return nil, l.fault("must be a line of UTF-8 text (one file, not an archive), got binary data")
		}
		if len(line) > 0 {
			return line, nil
		}
	}
	l.number++
	switch err := l.scanner.Err(); {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, l.fault("must be at most %d MiB long", maxLine>>20)
	case l.zipped:
		return nil, l.fault("must be a whole gzip file: %s", err)
	default:
		return nil, l.fault("must be readable: %s", err)
	}
}

// fault is an error at the line that was read last.
func (l *lines) fault(format string, arguments ...any) error {
	return &Error{File: l.name, Line: l.number, Good: l.good, Message: fmt.Sprintf(format, arguments...)}
}
