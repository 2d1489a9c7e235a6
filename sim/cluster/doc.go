// Package cluster makes a cluster of its parts and runs it. It decides nothing
// itself.
//
// Reading order: spec.go (what goes in), world.go (a run as a table of contents),
// assembly.go (which parts there are, and in which order they are told of changes),
// controllers.go (those of kube-controller-manager), header.go and known.go (what is
// known before a run), parts.go (the names of a Spec's parts).
//
//	Spec ──▶ New: assemble, watch ──▶ Run: begin, the loop of events, end ──▶ records
//
// The state of the cluster is sim/apiserver's. docs/architecture.md has the whole
// picture.
package cluster
