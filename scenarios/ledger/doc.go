// Package ledger says of every field of the kinds that are read what becomes of
// it: it is simulated, it can have no effect, or a real cluster acts on it and the
// simulation does not. fields.txt is the table; every field of the Go types of
// k8s.io/api has a row, so that a new version of Kubernetes slips none in.
//
// Reading order: fields.txt, table.go (its rows), plan.go (a Go type with the row of
// each of its fields), uses.go (what an object sets that is not simulated), page.go
// (docs/coverage.md).
package ledger
