// Package build makes a cluster.Spec of a scenario or of manifests.
//
// Reading order: scenario.go (section by section), hold_back.go (which faults
// would only repeat others), objects.go (manifests), pools.go and machines.go
// (nodes), then one file for each part of the Spec; manifests.go, assume.go,
// recognised.go and load.go (what is taken for granted when nobody said), strict.go
// (what is not simulated).
package build
