package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"time"
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

// About is a duration of about d, half of it to one and a half, that belongs to a
// name as a stream does. What has about the same length in many places then still
// doesn't end everywhere in one instant. It costs less than a stream.
func (s Streams) About(d time.Duration, subsystem, object string) time.Duration {
	h := fnv.New64a()
	var seed [16]byte
	binary.LittleEndian.PutUint64(seed[:], s.seed)
	binary.LittleEndian.PutUint64(seed[8:], uint64(s.replication))
	for _, part := range [][]byte{seed[:], []byte(subsystem), {0}, []byte(object)} {
		h.Write(part)
	}
	x := h.Sum64()
	x = (x ^ x>>32) * 0xd6e8feb86659fd93 // FNV alone leaves names that end alike close together
	x ^= x >> 32
	return time.Duration(float64(d) * (0.5 + float64(x>>11)/(1<<53)))
}
