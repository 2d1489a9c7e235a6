// Package build makes a cluster.Spec of a scenario or of manifests.
//
// Reading order: scenario.go (section by section), hold_back.go (which faults
// would only repeat others), objects.go and index.go (manifests), pools.go and
// machines.go (nodes), then one file for each part of the Spec; manifests.go and
// assume.go (what is taken for granted when nobody said).
package build
