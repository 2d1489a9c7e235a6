package report

import (
	"errors"
	"fmt"
	"maps"

	"github.com/kube-rehearse/rehearse/sim"
)

// Result closes the stream and computes the result. A stream that stops
// before its end gives one too, whose verdict says so. It is an error when no
// replication has begun.
func (b *Builder) Result() (*Result, error) {
	switch {
	case b.result != nil:
		return b.result, nil
	case b.run == nil:
		return nil, errors.New(`kind: must be "run" in the first record, got an empty stream`)
	}
	if b.current != nil {
		b.leave()
	}
	if len(b.ended) == 0 {
		return nil, errors.New("records: must hold at least one replication, got none")
	}
	b.dropIncomplete()
	run := b.run
	r := &Result{
		Schema:       SchemaName,
		Scenario:     run.Scenario,
		Description:  run.Description,
		Seed:         run.Seed,
		Replications: run.Replications,
		Duration:     run.Duration,
		HPA:          map[string][]HPAStep{},
		Steps:        notNil(b.story.steps),
		Events:       notNil(b.story.events),
		Assumptions:  notNil(run.Assumptions),
		Ignored:      notNil(run.Ignored),
		Values:       b.values,
	}
	for _, rep := range b.ended {
		r.SimulatedEvents += rep.events
		if rep.complete {
			r.Completed++
		}
	}
	r.DisruptionBudgets = b.disruptionBudgets()
	maps.Copy(r.HPA, b.story.hpa)
	b.capacity(r)
	b.oom(r)
	b.downtime(r)
	b.pods(r)
	r.Verdict = b.verdict()
	r.Findings = b.findings(r)
	b.result = r
	return r, nil
}

// dropIncomplete takes the values of incomplete replications out, unless
// there are no others.
func (b *Builder) dropIncomplete() {
	any := false
	for _, rep := range b.ended {
		any = any || rep.complete
	}
	if !any {
		return
	}
	for _, values := range b.values {
		for i := range values {
			if !b.ended[i].complete {
				values[i] = Missing
			}
		}
	}
	for _, s := range b.totals.services {
		for i := range s.outageSeconds {
			if !b.ended[i+len(b.ended)-len(s.outageSeconds)].complete {
				s.outageSeconds[i] = Missing
			}
		}
	}
}

// interruption says how far the run came, nothing when it is complete.
func (b *Builder) interruption() string {
	for i, rep := range b.ended {
		if !rep.complete {
			return fmt.Sprintf("replication %d ends at %s of %s", i, clockText(rep.end), timeText(b.run.Duration))
		}
	}
	if n := len(b.ended); n < b.run.Replications {
		return fmt.Sprintf("only %d of %d replications were recorded", n, b.run.Replications)
	}
	return ""
}

// pods lists the pods of replication 0 in the order of their creation, and
// those of them that waited for a node.
func (b *Builder) pods(r *Result) {
	r.Pods, r.Pending = []Pod{}, []Pending{}
	for _, p := range b.story.pods {
		r.Pods = append(r.Pods, p.Pod)
		if p.message == "" && !p.waits() {
			continue
		}
		r.Pending = append(r.Pending, Pending{p.Name, p.Created, p.reason, p.message, p.leftQueue(), p.target})
	}
}

// leftQueue is when a pod stopped to wait for a node, nil if it did not.
func (p *pod) leftQueue() *sim.Time {
	if p.waits() {
		return nil
	}
	until := p.Created + p.waited(0)
	return &until
}
