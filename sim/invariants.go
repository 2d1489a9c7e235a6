package sim

// invariants is set by the linker: go test -ldflags '-X github.com/kube-rehearse/rehearse/sim.invariants=on'.
var invariants string

// Invariants says whether the engine checks its own state after every event. Tests of the
// engine switch it on before anything runs; it costs them up to a third of their time.
var Invariants = invariants != ""
