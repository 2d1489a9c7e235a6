// Package preset has workloads that stand for many of their kind, with the source of
// each value.
package preset
