package kubelet_test

import "math/rand/v2"

// lowSource gives the smallest draw that Int64N accepts.
type lowSource struct{}

func (lowSource) Uint64() uint64 { return 1 }

// newRand draws the lowest values only, so that the relist ticker of the tests
// has phase 0.
func newRand() *rand.Rand { return rand.New(lowSource{}) }

// noLuck gives such draws for every subsystem.
func noLuck(string) *rand.Rand { return newRand() }
