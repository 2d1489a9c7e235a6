//go:build !invariants

package sim

// Invariants is true in builds with -tags invariants, in which the engine
// checks its own state after every event.
const Invariants = false
