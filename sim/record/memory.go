package record

import "maps"

// Memory is a Sink that keeps the records, usually those of one replication.
type Memory struct {
	Records []Record
}

// Write implements Sink; it returns nil. A writer may reuse the histogram and
// the counts of a Requests record for its next window, so these are copied.
func (m *Memory) Write(r Record) error {
	if window, ok := r.(Requests); ok {
		window.Latency = window.Latency.Clone()
		window.Failed = maps.Clone(window.Failed)
		r = window
	}
	m.Records = append(m.Records, r)
	return nil
}
