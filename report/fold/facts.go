package fold

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/volumes"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Facts are what the records of a run come to. They grow with the pods of one
// replication and the number of replications, never with that of the requests.
type Facts struct {
	Run        *record.Run
	current    *replication
	first      *replication // replication 0, once it has ended
	ended      []endedReplication
	Totals     totals
	Automation Automation
	Failed     failedSteps
	Volumes    *volumes.Facts
	values     map[string][]stat.Value
	closed     bool // the result was asked for
}

// endedReplication is what is left of a replication.
type endedReplication struct {
	complete bool
	end      sim.Time
	events   uint64
}

// NewFacts returns Facts that wait for the Run record.
func NewFacts() *Facts {
	return &Facts{values: map[string][]stat.Value{}, Totals: newTotals(), Automation: newAutomation(),
		Failed: newFailedSteps(), Volumes: volumes.New()}
}

// Add takes the next record of the stream.
func (f *Facts) Add(r record.Record) error {
	if run, ok := r.(record.Run); ok {
		return f.begin(run)
	}
	placed, ok := r.(interface{ When() record.At })
	switch {
	case f.Run == nil:
		return fmt.Errorf(`kind: must be "run" in the first record, got %q`, r.Kind())
	case !ok:
		return fmt.Errorf("kind: must be one of a replication, got %q", r.Kind())
	}
	at := placed.When()
	if err := f.enter(at.Replication); err != nil {
		return err
	}
	if at.T < 0 {
		return fmt.Errorf("t: must be at least 0, got %s", at.T)
	}
	f.current.now = max(f.current.now, at.T)
	return f.add(r)
}

func (f *Facts) begin(run record.Run) error {
	switch {
	case f.Run != nil:
		return fmt.Errorf(`kind: must be "run" in the first record and in no other, got a second`)
	case run.Schema != record.Schema:
		return fmt.Errorf("schema: must be %q, got %q", record.Schema, run.Schema)
	}
	f.Run = &run
	f.Totals.declare(run)
	return nil
}

// enter makes the replication the current one.
func (f *Facts) enter(index int) error {
	next := len(f.ended)
	if f.current != nil {
		if index == f.current.index && !f.current.ended {
			return nil
		}
		next = f.current.index + 1
	}
	switch {
	case f.closed:
		return fmt.Errorf("rep: must come before the result is asked for, got %d", index)
	case index != next || index >= f.Run.Replications:
		return fmt.Errorf("rep: must be %d of %d replications, got %d", next, f.Run.Replications, index)
	}
	if f.current != nil {
		f.leave()
	}
	f.current = newReplication(*f.Run, index)
	return nil
}

// leave closes the current replication.
func (f *Facts) leave() {
	rep := f.current
	rep.close()
	f.Volumes.Leave(rep.now)
	f.ended = append(f.ended, endedReplication{rep.complete, rep.now, rep.events})
	f.measure(rep)
	f.Totals.fold(rep)
	if rep.index == 0 {
		f.first = rep
	}
	f.current = nil
}

// PodNow is a pod of the current replication as the records so far have it, and
// which of its containers run.
func (f *Facts) PodNow(name string) (pod result.Pod, running []string) {
	p := f.current.living[name]
	for _, container := range slices.Sorted(maps.Keys(p.containers)) {
		if p.containers[container].running {
			running = append(running, container)
		}
	}
	return p.Pod, running
}

func (f *Facts) add(r record.Record) error {
	rep := f.current
	f.Volumes.Take(r)
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
		f.Automation.ScaledObjects[r.Workload] = r.ScaledObject
		rep.workload(r.Workload).taken("HorizontalPodAutoscaler", r.T) // the scale loop begins with it
	case record.ReplicaSetScaled:
		rep.replicaSetScaled(r)
	case record.NodeChanged:
		if r.Phase == record.NodeRemoved {
			rep.node(r.Node).gone = &r.T
		}
	case record.NodeTainted, record.Availability, record.ProbePassed: // which the story tells, or nobody
	case record.ClaimWaiting, record.ClaimBound, record.VolumeWaiting, record.VolumeAttached, record.VolumeDetached,
		record.VolumesMounted: // of Volumes
	case record.ClaimAllocated, record.ClaimReleased: // of what explains one object
	case record.Step:
		f.step(r)
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
		f.Automation.autoscaled(r)
	case record.EvictionRefused:
		f.Automation.refused(r)
	case record.BudgetState:
		if rep.index == 0 {
			f.Automation.budgetStates = append(f.Automation.budgetStates, r)
		}
	case record.Drained:
		f.drained(r)
	case record.Scaled:
		f.Automation.scaled(r)
		rep.workload(r.Workload).scale(r)
	case record.CreationRefused:
		rep.workload(r.Workload).refused(r)
	case record.QuotaUsage:
		entry(f.Totals.quotas, r.Quota).fold(r)
	case record.Headroom:
		rep.workload(r.Workload).headroom = &r
	case record.MoreNodes:
		f.Totals.Workload(r.Workload).More.Add(r)
	case record.End:
		rep.end(r)
	default:
		if err := rep.podRecord(r); err != nil {
			return err
		}
	}
	return nil
}
