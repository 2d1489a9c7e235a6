// Package shortage is what became of a workload's pods on nodes that were short of memory or
// disk, and of those that wrote more than a limit allows.
package shortage

import "github.com/kube-rehearse/rehearse/sim/record"

// Shortages are what became of the pods of a workload. Node is one of those that were short
// of memory.
type Shortages struct {
	Evicted, SystemKills, Lost int64
	Node                       string
	Storage                    Storage
}

// Evict takes in an eviction.
func (s *Shortages) Evict(r record.PodEvicted) {
	if r.Resource == "" {
		s.Evicted++
		s.Note(r.Node, 0)
		return
	}
	s.Storage.evict(r)
}

// Note takes in a node that was short of memory, and requests that were lost.
func (s *Shortages) Note(node string, lost int) {
	s.Lost += int64(lost)
	if s.Node == "" {
		s.Node = node
	}
}

// Merge takes in those of a replication.
func (s *Shortages) Merge(o Shortages) {
	s.Evicted += o.Evicted
	s.SystemKills += o.SystemKills
	s.Note(o.Node, int(o.Lost))
	s.Storage.merge(o.Storage)
}

// All are the evictions for whatever reason.
func (s *Shortages) All() int64 { return s.Evicted + s.Storage.N() }

// Any reports whether a node was short of memory.
func (s *Shortages) Any() bool { return s.Evicted+s.SystemKills > 0 }

// Storage are the pods that were evicted for what they or others wrote.
type Storage struct {
	// Short is how many their node's DiskPressure took, in Runs replications. Node is one
	// of these nodes, Used the most that one of the pods had written.
	Short, Used int64
	Runs        int
	Node        string
	// Exceeded are the limits that were exceeded, in the order in which they first were.
	Exceeded []Exceeded
}

// Exceeded is a limit that pods exceeded, N of them in Runs replications; Used is the most
// that the node's statistics had.
type Exceeded struct {
	record.StorageLimit
	N, Used int64
	Runs    int
}

// N is how many pods were evicted.
func (s *Storage) N() int64 {
	n := s.Short
	for _, e := range s.Exceeded {
		n += e.N
	}
	return n
}

func (s *Storage) evict(r record.PodEvicted) {
	if r.Exceeded != nil {
		s.exceed(Exceeded{StorageLimit: *r.Exceeded, N: 1, Used: r.Used})
		return
	}
	s.Short++
	s.Used = max(s.Used, r.Used)
	if s.Node == "" {
		s.Node = r.Node
	}
}

func (s *Storage) exceed(o Exceeded) {
	for i := range s.Exceeded {
		if e := &s.Exceeded[i]; e.StorageLimit == o.StorageLimit {
			e.N, e.Used, e.Runs = e.N+o.N, max(e.Used, o.Used), e.Runs+o.Runs
			return
		}
	}
	s.Exceeded = append(s.Exceeded, o)
}

func (s *Storage) merge(o Storage) {
	s.Short += o.Short
	s.Used = max(s.Used, o.Used)
	if s.Node == "" {
		s.Node = o.Node
	}
	if o.Short > 0 {
		s.Runs++
	}
	for _, e := range o.Exceeded {
		e.Runs = 1
		s.exceed(e)
	}
}
