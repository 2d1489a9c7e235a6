package life

import (
	"bufio"
	"encoding/json"
	"io"
)

// Schema is the version of the compact form of a recording.
const Schema = "rehearse.dev/pod-lives/v1alpha1"

// Kind is what an entry says.
type Kind string

// The kinds of entries.
const (
	Step    Kind = "step"    // somebody did something: Text
	Created Kind = "created" // a pod was accepted
	Bound   Kind = "bound"   // it got its node
	Began   Kind = "began"   // a process began: Container, Life
	// A process ended: Container, Life; Code and Reason when they are known. Text is
	// "asked" after a SIGTERM, and "seen" when only the kubelet's word tells the time.
	Exited   Kind = "exited"
	Ready    Kind = "ready"    // the condition Ready turned True
	Unready  Kind = "unready"  // it turned False
	Ended    Kind = "ended"    // the phase became a last one: Text
	Deleting Kind = "deleting" // the deletion was asked for
	Gone     Kind = "gone"     // the object was removed
	Evicted  Kind = "evicted"  // the kubelet evicts the pod
)

var kinds = []Kind{Step, Created, Bound, Began, Exited, Ready, Unready, Ended, Deleting, Gone, Evicted}

// Entry is one thing that happened in a run.
type Entry struct {
	Run  int     `json:"run"`
	T    float64 `json:"t"` // seconds since the pod, or its workload, was created
	Kind Kind    `json:"kind"`
	// Pod counts the pods of a run from 0 in the order of their creation.
	Pod       int    `json:"pod"`
	Container string `json:"container,omitempty"`
	Life      int    `json:"life,omitempty"` // counts the runtime containers from 0
	Code      int    `json:"code,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Text      string `json:"text,omitempty"`
	// Together is how many pods began within 1.5 s on the node, of a bound pod.
	Together int `json:"together,omitempty"`
}

// Recording holds the runs of one case.
type Recording struct {
	Entries []Entry
	// Since is when the first run began, in seconds since 1970; 0 is unknown.
	Since map[int]float64
}

// Runs are the numbers of the runs, in order.
func (r *Recording) Runs() (runs []int) {
	for _, e := range r.Entries {
		if len(runs) == 0 || runs[len(runs)-1] != e.Run {
			runs = append(runs, e.Run)
		}
	}
	return runs
}

// Run are the entries of one run.
func (r *Recording) Run(n int) (list []Entry) {
	for _, e := range r.Entries {
		if e.Run == n {
			list = append(list, e)
		}
	}
	return list
}

// Write writes the compact form.
func (r *Recording) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	if err := enc.Encode(map[string]string{"schema": Schema}); err != nil {
		return err
	}
	for i := range r.Entries {
		if err := enc.Encode(&r.Entries[i]); err != nil {
			return err
		}
	}
	return out.Flush()
}
