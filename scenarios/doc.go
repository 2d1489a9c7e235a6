// Package scenarios is the scenario language: from files to the engine's Spec.
//
// Reading order: wire*.go (the language as Go types), scalars.go (its values),
// decode.go (YAML to those types, strictly, every fault with its line),
// override.go (--set), load.go (files to a Spec), build*.go (one part of the
// Spec each), prometheus.go (a measured rate), assume.go (what is taken for granted when nobody said),
// schema.go (the JSON Schema for editors). Kubernetes manifests are read by
// package manifest.
package scenarios
