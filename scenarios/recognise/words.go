package recognise

import (
	"regexp"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// words is what a container says of what it runs.
type words struct {
	// path is the image without its registry, tag and digest, in lower case, and tag
	// what stands behind the colon.
	path, tag string
	// line is the command with its arguments, cut into words; what stands in a shell's
	// text is cut, too.
	line []string
	env  map[string]string
}

var blanks = regexp.MustCompile(`[\s\\;&|]+`)

func wordsOf(c *v1.Container) words {
	w := words{env: map[string]string{}}
	image, _, _ := strings.Cut(c.Image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image, w.tag = image[:i], image[i+1:]
	}
	w.path = strings.ToLower(image)
	for _, e := range c.Env {
		w.env[e.Name] = e.Value
	}
	for _, text := range slices.Concat(c.Command, c.Args) {
		for _, word := range blanks.Split(text, -1) {
			word = strings.Trim(word, `"'`)
			if word != "" {
				w.line = append(w.line, w.expanded(word))
			}
		}
	}
	return w
}

var variable = regexp.MustCompile(`\$[({]?(\w+)[)}]?`)

// expanded puts the variables of the environment into a word, as the kubelet and
// shells do; those that are not known stay.
func (w words) expanded(word string) string {
	return variable.ReplaceAllStringFunc(word, func(text string) string {
		if value := w.env[variable.FindStringSubmatch(text)[1]]; value != "" {
			return value
		}
		return text
	})
}

// base is the last part of the image's path.
func (w words) base() string { return w.path[strings.LastIndexByte(w.path, '/')+1:] }

// says reports whether words stand one after the other in the command line; the first
// may be the end of a path.
func (w words) says(list ...string) bool {
	for i := range w.line {
		if i+len(list) > len(w.line) {
			return false
		}
		first := w.line[i][strings.LastIndexByte(w.line[i], '/')+1:]
		if first == list[0] && slices.Equal(w.line[i+1:i+len(list)], list[1:]) {
			return true
		}
	}
	return false
}

// flag is the value of the first of some flags: --name=value or --name value.
func (w words) flag(names ...string) string {
	for i, word := range w.line {
		name, value, has := strings.Cut(word, "=")
		if !slices.Contains(names, strings.ReplaceAll(name, "_", "-")) {
			continue
		}
		switch {
		case has:
			return value
		case i+1 < len(w.line) && !strings.HasPrefix(w.line[i+1], "-"):
			return w.line[i+1]
		default:
			return "true"
		}
	}
	return ""
}

// after is the word behind another one, "" when that is a flag or the end.
func (w words) after(word string) string {
	for i, at := range w.line {
		if at[strings.LastIndexByte(at, '/')+1:] == word && i+1 < len(w.line) && !strings.HasPrefix(w.line[i+1], "-") {
			return w.line[i+1]
		}
	}
	return ""
}
