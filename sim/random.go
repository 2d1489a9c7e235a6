package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Streams hands out independent random streams by name. What an object draws
// depends on the seed, the replication, its subsystem and its name alone, so
// a change to one object leaves the draws of all others as they were: two
// variants of a scenario meet the same luck.
type Streams struct {
	seed        uint64
	replication int
}

// NewStreams returns the streams of one replication.
func NewStreams(seed uint64, replication int) Streams {
	return Streams{seed: seed, replication: replication}
}

// Get returns a new generator at the start of the named stream. The caller
// keeps it; a second Get of the same name repeats the same draws.
func (s Streams) Get(subsystem, object string) *rand.Rand {
	b := binary.LittleEndian.AppendUint64(nil, s.seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.replication))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(subsystem)))
	b = append(append(b, subsystem...), object...)
	return rand.New(rand.NewChaCha8(sha256.Sum256(b)))
}
