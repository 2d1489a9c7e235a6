package fold

// shortages are what became of a workload's pods on nodes that were short of
// memory.
type shortages struct {
	Evicted, SystemKills, Lost int64
	Node                       string // one of them
}

func (s *shortages) note(node string, lost int) {
	s.Lost += int64(lost)
	if s.Node == "" {
		s.Node = node
	}
}

func (s *shortages) merge(o shortages) {
	s.Evicted += o.Evicted
	s.SystemKills += o.SystemKills
	s.note(o.Node, int(o.Lost))
}

func (s *shortages) Any() bool { return s.Evicted+s.SystemKills > 0 }
