// Package life compares the lives of pods in the simulation with recordings of a
// real kubelet.
//
// Much of a kubelet is chance: in which second it looks, how long a back-off's
// jitter is. So one recorded value proves nothing, and a law that is only wide
// enough would let everything pass. What is compared are ranks: where each recorded
// value stands among those of many simulated seeds. When the laws are right, the
// ranks of one kind are as uniform as dice ([Kolmogorov]); when a law is too wide,
// they crowd in the middle, when it is off, at an end.
//
// Reading order: entry.go (what is kept of a recording), read.go and watch.go (how it
// is read), measure.go (which times are compared), simulation.go, compare.go.
package life
