// Package wire is the scenario language as it is written: Go types of every
// field, and the strict way from YAML to them.
//
// Reading order: scenario.go and its neighbours (the types), scalars.go and
// laws.go (values of one word), decode.go (YAML to types, every fault with its
// line), fault.go (what a fault is), override.go (--set), read.go (a file),
// schema.go (the JSON Schema for editors).
package wire
