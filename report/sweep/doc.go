// Package sweep is the file of a sweep: a head that says which one it is, and a cell for
// each setting, in their order. What is in the file when a sweep is killed is whole but for
// its end, and the sweep goes on behind it.
//
//   - cell.go: the head, a cell and their two forms
//   - resume.go: how far a file has come
//   - sample.go: a Latin hypercube of settings
package sweep
