package manifest

import (
	"os"
	"path/filepath"
	"strings"
)

// Roots are the folders out of which nothing is read, with links followed; nil is
// no bound. They are those of the paths that a person names.
type Roots []string

// RootsOf are the folders that paths name, or that hold the files they name.
func RootsOf(paths []string) (Roots, error) {
	roots := Roots{}
	for _, p := range paths {
		if p == Stdin {
			continue
		}
		real, err := realPath(p)
		if err != nil {
			return nil, reason(p, err)
		}
		if info, err := os.Stat(real); err == nil && !info.IsDir() {
			real = filepath.Dir(real)
		}
		roots = append(roots, real)
	}
	return roots, nil
}

func realPath(name string) (string, error) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

const outside = "must be a file in the folders that are named (--confined)"

// check is an error for a file outside of the roots. It does not tell whether
// there is one.
func (r Roots) check(name string) error {
	if r == nil {
		return nil
	}
	real, err := realPath(name)
	for _, root := range r {
		if err == nil && (real == root || strings.HasPrefix(real, strings.TrimSuffix(root, "/")+"/")) {
			return nil
		}
	}
	return Error{File: name, Message: outside}
}

// WithoutContent is a message about a file without what it quotes of it.
func WithoutContent(message string) string {
	if strings.HasSuffix(message, outside) {
		return message
	}
	for _, quote := range []string{`"`, "`", " '", "{", "[", ", got"} {
		message, _, _ = strings.Cut(message, quote)
	}
	return strings.TrimRight(message, " :,;(") + " (--confined shows no content)"
}
