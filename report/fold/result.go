package fold

import (
	"errors"
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
)

// Result closes the stream and computes what the facts come to: all of a Result
// but its story, its verdict and its findings. Limits are proposed for the risk oomTarget of an
// OOM kill per pod-day. It is an error when no replication has begun.
func (f *Facts) Result(oomTarget float64) (*result.Result, error) {
	if f.Run == nil {
		return nil, errors.New(`kind: must be "run" in the first record, got an empty stream`)
	}
	if f.current != nil {
		f.leave()
	}
	if len(f.ended) == 0 {
		return nil, errors.New("records: must hold at least one replication, got none")
	}
	f.closed = true
	f.dropIncomplete()
	run := f.Run
	r := &result.Result{
		Schema:       result.SchemaName,
		Scenario:     run.Scenario,
		Description:  run.Description,
		Seed:         run.Seed,
		Replications: run.Replications,
		Duration:     run.Duration,
		Assumptions:  result.NotNil(run.Assumptions),
		Ignored:      result.NotNil(run.Ignored),
		Guesses:      run.Guesses,
		Values:       f.values,
	}
	for _, rep := range f.ended {
		r.SimulatedEvents += rep.events
		if rep.complete {
			r.Completed++
		}
	}
	r.DisruptionBudgets = f.disruptionBudgets()
	f.capacity(r)
	f.oom(r, oomTarget)
	f.downtime(r)
	f.pods(r)
	return r, nil
}

// dropIncomplete takes the values of incomplete replications out, unless
// there are no others.
func (f *Facts) dropIncomplete() {
	any := false
	for _, rep := range f.ended {
		any = any || rep.complete
	}
	if !any {
		return
	}
	for _, values := range f.values {
		for i := range values {
			if !f.ended[i].complete {
				values[i] = stat.Missing
			}
		}
	}
	for _, s := range f.Totals.Services {
		for i := range s.outageSeconds {
			if !f.ended[i+len(f.ended)-len(s.outageSeconds)].complete {
				s.outageSeconds[i] = stat.Missing
			}
		}
	}
}

// Counts reports whether the replication takes part: every complete one, or
// all when none is.
func (f *Facts) Counts(i int) bool {
	for _, rep := range f.ended {
		if rep.complete {
			return f.ended[i].complete
		}
	}
	return true
}

// Interruption says how far the run came, nothing when it is complete.
func (f *Facts) Interruption() string {
	for i, rep := range f.ended {
		if !rep.complete {
			return fmt.Sprintf("replication %d ends at %s of %s", i, words.Clock(rep.end), words.Time(f.Run.Duration))
		}
	}
	if n := len(f.ended); n < f.Run.Replications {
		return fmt.Sprintf("only %d of %d replications were recorded", n, f.Run.Replications)
	}
	return ""
}

// pods lists the pods of replication 0 in the order of their creation, and
// those of them that waited for a node.
func (f *Facts) pods(r *result.Result) {
	r.Pods, r.Pending = []result.Pod{}, []result.Pending{}
	for _, p := range f.firstPods() {
		r.Pods = append(r.Pods, p.Pod)
		if p.Message == "" && !p.waits() {
			continue
		}
		r.Pending = append(r.Pending, result.Pending{Pod: p.Name, Since: p.Created, Reason: p.reason, Message: p.Message,
			Until: p.leftQueue(), For: p.Target})
	}
}

// leftQueue is when a pod stopped to wait for a node, nil if it did not.
func (p *Pod) leftQueue() *sim.Time {
	if p.waits() {
		return nil
	}
	until := p.Created + p.waited(0)
	return &until
}

// firstPods are those of replication 0.
func (f *Facts) firstPods() []*Pod {
	if f.first == nil {
		return nil
	}
	return f.first.pods
}
