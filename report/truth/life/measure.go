package life

import (
	"fmt"
	"slices"
)

// Measure names a time that is compared.
type Measure struct {
	Kind      string // starts, Ready, restarts, ends, gone, evictions
	Pod       int
	Container string
	Number    int // of the container's lives, or of the times that the pod turned Ready
}

// Kinds are the kinds of measures that ranks are pooled by.
var Kinds = []string{"starts", "Ready", "restarts", "ends", "gone", "evictions"}

func (m Measure) String() string {
	text := fmt.Sprintf("%s of pod %d", m.Kind, m.Pod)
	if m.Container != "" {
		text += fmt.Sprintf(", %s#%d", m.Container, m.Number)
	} else if m.Number > 0 {
		text += fmt.Sprintf(", #%d", m.Number)
	}
	return text
}

// follow is a pod while its entries are gone through.
type follow struct {
	bound, began, exited, deleting float64
	readies                        int
	ready                          float64            // when it last turned Ready
	lives                          map[string]float64 // when the newest life of a container began, or ended
	seen                           bool               // the newest exit is known only by when it was seen
}

// overtakes is by how much, in seconds, a status can come before the process tells that
// it has begun: they are written by two programs and come on two ways.
const overtakes = 0.05

// measures are the times, in seconds, that a run is compared by:
//
//	starts     from the binding to the pod's first process
//	restarts   from the end of one life of a container, or from its begin where the
//	           end was not recorded, to the begin of the next
//	Ready      from the newest begin of a process in the pod to Ready
//	ends       from the last exit to the phase Succeeded or Failed
//	gone       from the last exit after a deletion to the end of the object
//	evictions  from one eviction on the node to the next
func measures(run []Entry) map[Measure]float64 {
	out := map[Measure]float64{}
	pods := map[int]*follow{}
	evicted, evictions := -1.0, 0
	for _, e := range run {
		p := pods[e.Pod]
		if p == nil {
			p = &follow{began: -1, exited: -1, deleting: -1, ready: -1, lives: map[string]float64{}}
			pods[e.Pod] = p
		}
		switch e.Kind {
		case Bound:
			p.bound = e.T
		case Began:
			p.begins(out, e)
		case Exited:
			p.exited, p.seen = e.T, e.Text == "seen"
			if !p.seen && !killed(e) {
				p.lives[e.Container] = e.T
			}
		case Ready:
			out[Measure{Kind: "Ready", Pod: e.Pod, Number: p.readies}] = e.T - p.began
			p.ready = e.T
			p.readies++
		case Ended:
			if p.exited >= 0 && !p.seen && p.deleting < 0 {
				out[Measure{Kind: "ends", Pod: e.Pod}] = e.T - p.exited
			}
		case Deleting:
			p.deleting = e.T
		case Gone:
			if p.exited > p.deleting && p.deleting >= 0 && !p.seen {
				out[Measure{Kind: "gone", Pod: e.Pod}] = e.T - p.exited
			}
		case Evicted:
			if evicted >= 0 {
				out[Measure{Kind: "evictions", Number: evictions}] = e.T - evicted
			}
			evicted, evictions = e.T, evictions+1
		}
	}
	return out
}

// killed reports whether a process could not tell its end, in a recording.
func killed(e Entry) bool { return e.Code == 137 }

func (p *follow) begins(out map[Measure]float64, e Entry) {
	if p.began < 0 {
		out[Measure{Kind: "starts", Pod: e.Pod}] = e.T - p.bound
	}
	if p.ready >= 0 && e.T-p.ready < overtakes {
		out[Measure{Kind: "Ready", Pod: e.Pod, Number: p.readies - 1}] = 0
	}
	p.began = e.T
	if last, known := p.lives[e.Container]; known {
		out[Measure{Kind: "restarts", Pod: e.Pod, Container: e.Container, Number: e.Life}] = e.T - last
	}
	p.lives[e.Container] = e.T
}

// exits are the codes and reasons of the processes' ends, by container and life. With
// which code a program leaves that was asked to is no matter of the kubelet.
func exits(run []Entry) map[string]string {
	out := map[string]string{}
	for _, e := range run {
		if e.Kind == Exited && e.Reason != "" && e.Text != "asked" {
			out[fmt.Sprintf("pod %d %s#%d", e.Pod, e.Container, e.Life)] = fmt.Sprintf("exit %d %s", e.Code, e.Reason)
		}
	}
	return out
}

// cut leaves what comes after a time.
func cut(run []Entry, until float64) []Entry {
	if until <= 0 {
		return run
	}
	return slices.DeleteFunc(slices.Clone(run), func(e Entry) bool { return e.T > until })
}
