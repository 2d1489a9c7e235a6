package life

import (
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Simulation takes the records of replications and makes runs of them, numbered from
// 1 on. The zero value is ready.
type Simulation struct {
	runs map[int]*simulated
}

type simulated struct {
	entries []Entry
	pods    map[string]*podRecords
}

type podRecords struct {
	number int
	lives  map[string]int
}

// Add takes in one record. It never fails; the error makes it a function to emit
// records to.
func (s *Simulation) Add(r record.Record) error {
	placed, is := r.(interface{ When() record.At })
	if !is {
		return nil
	}
	replication := placed.When().Replication
	if s.runs == nil {
		s.runs = map[int]*simulated{}
	}
	run := s.runs[replication]
	if run == nil {
		run = &simulated{pods: map[string]*podRecords{}}
		s.runs[replication] = run
	}
	run.add(replication+1, r)
	return nil
}

// Recording is what was simulated.
func (s *Simulation) Recording() *Recording {
	r := &Recording{}
	for _, n := range slices.Sorted(maps.Keys(s.runs)) {
		r.Entries = append(r.Entries, s.runs[n].entries...)
	}
	return r
}

func (s *simulated) add(run int, r record.Record) {
	say := func(name string, at record.At, e Entry) {
		p := s.pods[name]
		if p == nil {
			p = &podRecords{number: len(s.pods), lives: map[string]int{}}
			s.pods[name] = p
		}
		e.Run, e.T, e.Pod = run, at.T.Seconds(), p.number
		switch e.Kind {
		case Began:
			e.Life = p.lives[e.Container]
			p.lives[e.Container]++
		case Exited:
			e.Life = p.lives[e.Container] - 1
		}
		s.entries = append(s.entries, e)
	}
	switch r := r.(type) {
	case record.PodCreated:
		say(r.Pod, r.At, Entry{Kind: Created})
	case record.PodScheduled:
		say(r.Pod, r.At, Entry{Kind: Bound})
	case record.ContainerStarted:
		say(r.Pod, r.At, Entry{Kind: Began, Container: r.Container})
	case record.ContainerExited:
		say(r.Pod, r.At, Entry{Kind: Exited, Container: r.Container, Code: int(r.ExitCode), Reason: r.Reason})
	case record.PodReady:
		kind := Unready
		if r.Ready {
			kind = Ready
		}
		say(r.Pod, r.At, Entry{Kind: kind})
	case record.PodFinished:
		say(r.Pod, r.At, Entry{Kind: Ended, Text: string(r.Phase)})
	case record.PodDeleting:
		say(r.Pod, r.At, Entry{Kind: Deleting})
	case record.PodGone:
		say(r.Pod, r.At, Entry{Kind: Gone})
	case record.PodEvicted:
		say(r.Pod, r.At, Entry{Kind: Evicted})
	}
}
