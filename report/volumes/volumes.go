// Package volumes is what the records of a run come to about claims and their volumes:
// which claims have none at the end, where volumes are, and which pods wait for one that
// another machine has.
package volumes

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Facts are those of all replications. Take takes the records of one after the other,
// Leave ends one.
type Facts struct {
	claims map[string]*Claim
	stalls map[string]*Stall // by workload
	failed map[string]bool   // machines that failed
	wait   map[string]record.VolumeWaiting
}

// Claim is what was last told of a claim in any replication.
type Claim struct {
	Name, Class     string
	Reason, Message string // why it has no volume, "" when it has one
	Volume, Place   string
}

// Stall is pods of a workload that waited for a volume which another machine had.
type Stall struct {
	Pods, AtEnd int
	Longest     sim.Time
	Example     record.VolumeWaiting // of the longest
}

// New returns Facts without records.
func New() *Facts {
	return &Facts{claims: map[string]*Claim{}, stalls: map[string]*Stall{}, failed: map[string]bool{},
		wait: map[string]record.VolumeWaiting{}}
}

// Take adds a record. All others than those about volumes and pods are ignored.
func (f *Facts) Take(r record.Record) {
	switch r := r.(type) {
	case record.ClaimWaiting:
		f.claims[r.Claim] = &Claim{Name: r.Claim, Class: r.Class, Reason: r.Reason, Message: r.Message}
	case record.ClaimBound:
		f.claims[r.Claim] = &Claim{Name: r.Claim, Class: r.Class, Volume: r.Volume, Place: r.Place}
	case record.VolumeWaiting:
		if _, waits := f.wait[r.Pod]; !waits && r.Holder != "" {
			f.wait[r.Pod] = r
		}
	case record.VolumesMounted:
		f.over(r.Pod, r.T, false)
	case record.PodGone:
		f.over(r.Pod, r.T, false)
	case record.NodeChanged:
		if r.Phase == record.NodeFailed || r.Phase == record.NodeRemoved {
			f.failed[r.Node] = true
		}
	}
}

// over ends a pod's wait.
func (f *Facts) over(pod string, now sim.Time, atEnd bool) {
	w, waits := f.wait[pod]
	if !waits {
		return
	}
	delete(f.wait, pod)
	s := f.stalls[w.Workload]
	if s == nil {
		s = &Stall{}
		f.stalls[w.Workload] = s
	}
	if s.Pods++; atEnd {
		s.AtEnd++
	}
	if took := now - w.T; took >= s.Longest {
		s.Longest, s.Example = took, w
	}
}

// Leave ends a replication at a time.
func (f *Facts) Leave(now sim.Time) {
	var pods []string
	for pod := range f.wait {
		pods = append(pods, pod)
	}
	slices.Sort(pods)
	for _, pod := range pods {
		f.over(pod, now, true)
	}
}

// Claim is what is known of a claim, nil for nothing.
func (f *Facts) Claim(name string) *Claim { return f.claims[name] }

// Unbound is the first of some claims that has no volume, nil when all have.
func (f *Facts) Unbound(names []string) *Claim {
	for _, name := range names {
		if c := f.claims[name]; c != nil && c.Volume == "" {
			return c
		}
	}
	return nil
}

// Placed are those of some claims whose volumes are in one place only.
func (f *Facts) Placed(names []string) (list []*Claim) {
	for _, name := range names {
		if c := f.claims[name]; c != nil && c.Place != "" {
			list = append(list, c)
		}
	}
	return list
}

// Failed reports whether a machine failed, or was removed, in any replication.
func (f *Facts) Failed(node string) bool { return f.failed[node] }

// Stall is what a workload's pods have waited, nil for nothing.
func (f *Facts) Stall(workload string) *Stall { return f.stalls[workload] }
