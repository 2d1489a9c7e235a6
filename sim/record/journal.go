package record

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Journal is what all parts of one replication share: its clock, its chance,
// and the stream of records that it leaves.
type Journal struct {
	Loop    *sim.Loop
	Streams sim.Streams
	// Replication counts from 0.
	Replication int
	// Start is the wall-clock time of simulation time 0.
	Start time.Time

	sink Sink
	err  error
}

// NewJournal returns a Journal that writes to sink.
func NewJournal(loop *sim.Loop, streams sim.Streams, replication int, start time.Time, sink Sink) *Journal {
	return &Journal{Loop: loop, Streams: streams, Replication: replication, Start: start, sink: sink}
}

// Now is the current instant.
func (j *Journal) Now() sim.Time { return j.Loop.Now() }

// Wall is an instant as objects of the API show it.
func (j *Journal) Wall(t sim.Time) time.Time { return j.Start.Add(time.Duration(t)) }

// WallNow is the current instant as objects of the API show it.
func (j *Journal) WallNow() time.Time { return j.Wall(j.Now()) }

// Instant is a wall-clock time as an instant of the run.
func (j *Journal) Instant(t time.Time) sim.Time { return sim.Time(t.Sub(j.Start)) }

// At stamps a record.
func (j *Journal) At() At { return At{Replication: j.Replication, T: j.Now()} }

// Record writes a record. The first error is kept, see Err.
func (j *Journal) Record(r Record) {
	if err := j.sink.Write(r); err != nil && j.err == nil {
		j.err = err
	}
}

// Fail keeps the first internal error; the run goes on to its end, so that what
// was computed is not lost.
func (j *Journal) Fail(err error) {
	if err != nil && j.err == nil {
		j.err = fmt.Errorf("at %s: %w", j.Now(), err)
	}
}

// Err is the first error of the sink or of a part.
func (j *Journal) Err() error { return j.err }
