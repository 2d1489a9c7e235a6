package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// longestLine is how many characters a line of Go may have. Texts in quotes, which
// can't be broken, may reach beyond when the rest of their line is short.
const longestLine = 120

// alignment is the space that gofmt puts before a value beside longer names.
var alignment = regexp.MustCompile(` {2,}`)

// TestLinesAreReadAtOnce holds that no line of Go is too long to be read at once.
func TestLinesAreReadAtOnce(t *testing.T) {
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != ".":
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		texts := textsOf(data)
		for i, line := range strings.Split(string(data), "\n") {
			n := utf8.RuneCountInString(alignment.ReplaceAllString(line, " "))
			if n > longestLine && n-texts[i+1] > longestLine*3/4 {
				t.Errorf("%s:%d: must be at most %d characters long, got %d", path, i+1, longestLine, n)
			}
		}
		return nil
	}))
}

// textsOf is how many characters of each line, by its number, from 1, are texts:
// literals in quotes, and lines of those in backquotes.
func textsOf(source []byte) map[int]int {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	texts := map[int]int{}
	for {
		at, kind, text := s.Scan()
		if kind == token.EOF {
			return texts
		}
		if kind != token.STRING {
			continue
		}
		first := files.Position(at).Line
		for i, line := range strings.Split(text, "\n") {
			texts[first+i] += utf8.RuneCountInString(line)
		}
	}
}
