package report

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Builder computes a Result from a stream of records. What it keeps grows
// with the pods of one replication and the number of replications, never with
// that of the requests.
type Builder struct {
	run        *record.Run
	current    *replication
	ended      []endedReplication
	totals     totals
	story      story
	automation automation
	failed     failedSteps
	values     map[string][]Value
	result     *Result // once it was asked for
	oomTarget  float64
}

// endedReplication is what is left of a replication.
type endedReplication struct {
	complete bool
	end      sim.Time
	events   uint64
}

// NewBuilder returns a Builder that waits for the Run record.
func NewBuilder() *Builder {
	return &Builder{values: map[string][]Value{}, totals: newTotals(), automation: newAutomation(), failed: newFailedSteps(), oomTarget: OOMTarget}
}

// OOMTarget is the risk of an OOM kill per pod-day that limits are proposed
// for when nobody asks for another.
const OOMTarget = 0.001

// SetOOMTarget changes it; it must lie between 0 and 1 and be set before the
// result is asked for.
func (b *Builder) SetOOMTarget(probability float64) error {
	if !(probability > 0 && probability < 1) {
		return fmt.Errorf("oom target: must be between 0 and 1, got %v", probability)
	}
	b.oomTarget = probability
	return nil
}

// Write is Add, which makes a Builder a record.Sink.
func (b *Builder) Write(r record.Record) error { return b.Add(r) }

// Add takes the next record of the stream.
func (b *Builder) Add(r record.Record) error {
	if run, ok := r.(record.Run); ok {
		return b.begin(run)
	}
	placed, ok := r.(interface{ When() record.At })
	switch {
	case b.run == nil:
		return fmt.Errorf(`kind: must be "run" in the first record, got %q`, r.Kind())
	case !ok:
		return fmt.Errorf("kind: must be one of a replication, got %q", r.Kind())
	}
	at := placed.When()
	if err := b.enter(at.Replication); err != nil {
		return err
	}
	if at.T < 0 {
		return fmt.Errorf("t: must be at least 0, got %s", at.T)
	}
	b.current.now = max(b.current.now, at.T)
	return b.add(r)
}

func (b *Builder) begin(run record.Run) error {
	switch {
	case b.run != nil:
		return fmt.Errorf(`kind: must be "run" in the first record and in no other, got a second`)
	case run.Schema != record.Schema:
		return fmt.Errorf("schema: must be %q, got %q", record.Schema, run.Schema)
	}
	b.run = &run
	b.totals.declare(run)
	return nil
}

// enter makes the replication the current one.
func (b *Builder) enter(index int) error {
	next := len(b.ended)
	if b.current != nil {
		if index == b.current.index && !b.current.ended {
			return nil
		}
		next = b.current.index + 1
	}
	switch {
	case b.result != nil:
		return fmt.Errorf("rep: must come before the result is asked for, got %d", index)
	case index != next || index >= b.run.Replications:
		return fmt.Errorf("rep: must be %d of %d replications, got %d", next, b.run.Replications, index)
	}
	if b.current != nil {
		b.leave()
	}
	b.current = newReplication(*b.run, index)
	return nil
}

// leave closes the current replication.
func (b *Builder) leave() {
	rep := b.current
	rep.close()
	b.ended = append(b.ended, endedReplication{rep.complete, rep.now, rep.events})
	b.measure(rep)
	b.totals.fold(rep, &b.story)
	b.current = nil
}

func (b *Builder) add(r record.Record) error {
	rep := b.current
	switch r := r.(type) {
	case record.Requests:
		return rep.requests(r)
	case record.Outage:
		return rep.outage(r)
	case record.Endpoints:
		rep.service(r.Service).endpoints(r)
	case record.InFlightAtEnd:
		rep.service(r.Service).inFlightAtEnd += r.Count
	case record.PoolUsage:
		return rep.poolUsage(r)
	case record.ContainerMemory:
		return rep.containerMemory(r)
	case record.ContainerModel:
		return rep.containerModel(r)
	case record.ContainerCPU:
		return rep.containerCPU(r)
	case record.NodeMemory:
		return rep.nodeMemory(r)
	case record.Activation:
		b.automation.scaledObjects[r.Workload] = r.ScaledObject
	case record.ReplicaSetScaled:
	case record.NodeChanged:
		if r.Phase == record.NodeRemoved {
			rep.node(r.Node).gone = &r.T
		}
	case record.Step:
		b.step(r)
	case record.Rollout:
		return rep.rollout(r)
	case record.JobChanged:
		if err := rep.jobChanged(r); err != nil {
			return err
		}
	case record.CronJobRun:
		if err := rep.cronJobRun(r); err != nil {
			return err
		}
	case record.Autoscaled:
		b.automation.autoscaled(r)
	case record.EvictionRefused:
		b.automation.refused(r)
	case record.BudgetState:
		if rep.index == 0 {
			b.automation.budgetStates = append(b.automation.budgetStates, r)
		}
	case record.Drained:
		b.drained(r)
	case record.Scaled:
		b.automation.scaled(r)
		rep.workload(r.Workload).scale(r)
	case record.CreationRefused:
		rep.workload(r.Workload).refused(r)
	case record.QuotaUsage:
		entry(b.totals.quotas, r.Quota).fold(r)
	case record.Headroom:
		rep.workload(r.Workload).headroom = &r
	case record.End:
		rep.end(r)
	default:
		if err := rep.podRecord(r); err != nil {
			return err
		}
	}
	if rep.index == 0 {
		b.story.tell(r, rep)
	}
	return nil
}

// Build reads a whole stream.
func Build(r *record.Reader) (*Result, error) { return NewBuilder().Build(r) }

// Build reads a whole stream into a Builder that has taken no record yet.
func (b *Builder) Build(r *record.Reader) (*Result, error) {
	if err := r.Each(b.Add); err != nil {
		return nil, err
	}
	return b.Result()
}
