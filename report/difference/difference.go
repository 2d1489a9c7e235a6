package difference

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Difference is the first record in which two streams differ. A stream that ended
// before has none.
type Difference struct {
	// A and B are the records, nil where a stream has ended.
	A, B record.Record
	// Line is where they stand in both streams, from 1.
	Line int
	// Before are the last records that both have about the same objects, the latest
	// last.
	Before []Placed
}

// Placed is a record and its line, from 1.
type Placed struct {
	record.Record
	Line int
}

// Same says how much was compared of streams that do not differ.
type Same struct {
	// Records are how many both have, Replications how many ended in both.
	Records, Replications int
	// OtherEvents says that the runs fired different numbers of events on the way to
	// the same records, as versions of different speed do.
	OtherEvents bool
}

// remembered is how many records before a difference are looked at.
const remembered = 50_000

// First compares two streams. The difference is nil when there is none. An error is
// that of a stream which can't be read.
func First(a, b *record.Reader) (*Difference, Same, error) {
	var same Same
	var last ring
	for line := 1; ; line++ {
		x, errA := a.Next()
		y, errB := b.Next()
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, same, err
			}
		}
		if x == nil && y == nil {
			return nil, same, nil
		}
		if !equal(x, y) {
			return &Difference{A: x, B: y, Line: line, Before: last.about(x, y)}, same, nil
		}
		same.Records++
		if end, is := x.(record.End); is {
			same.Replications++
			same.OtherEvents = same.OtherEvents || end.Events != y.(record.End).Events
		}
		last.add(Placed{x, line})
	}
}

// equal compares two records. Neither how many events a replication fired nor the
// hash of what was compared already tells them apart.
func equal(x, y record.Record) bool {
	endX, isX := x.(record.End)
	endY, isY := y.(record.End)
	if isX && isY {
		endX.Events, endX.Hash = endY.Events, endY.Hash
		return endX == endY
	}
	return reflect.DeepEqual(x, y)
}

// line is a record as it is written.
func line(r record.Record) []byte {
	var out bytes.Buffer
	w := record.NewWriter(&out)
	if err := errors.Join(w.Write(r), w.Flush()); err != nil {
		return []byte(fmt.Sprint(err)) // a record that was read has a JSON form
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
