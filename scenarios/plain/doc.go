// Package plain reads YAML as most people and programs write it, fast: mappings and
// lists by indentation, {…} and […] within a line, and values of one line.
//
// It reads nothing else: of a text with anchors, tags, blocks of text, escapes or
// characters outside of ASCII, and of one with a fault, it says that it is not plain.
// A reader of all of YAML reads that then, and says what is wrong. What Parse and JSON
// return is, to the byte, what go.yaml.in/yaml/v3 and sigs.k8s.io/yaml make of the same
// text (comments left out); random texts hold them to it.
//
// Reading order: parse.go (lines and indentation), flow.go (what stands in brackets),
// scalar.go (what a word is), json.go.
package plain
