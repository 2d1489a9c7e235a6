package record

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// rolling is the hash of the lines of a replication as they are written or read. Its
// End bears it, so that two runs can be compared without their records, and an
// edited stream shows.
type rolling struct{ lines hash.Hash }

func newRolling() rolling { return rolling{sha256.New()} }

// add takes a part of a line.
func (r rolling) add(part []byte) { r.lines.Write(part) }

// end is the hash of the lines so far, and begins the next replication.
func (r rolling) end() string {
	sum := hex.EncodeToString(r.lines.Sum(nil))
	r.lines.Reset()
	return sum
}

// changed reports whether what was read is not what the hash of an End is of.
func (r rolling) changed(end End) bool {
	sum := r.end()
	return end.Hash != "" && end.Hash != sum
}
