package cluster

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/job"
)

// carryOut does the actions of a sync one after the other, each when the writes
// of the one before are answered. Every write takes its turn at the
// controller's client, so the Jobs of a cluster hold each other up.
func (j *batchJob) carryOut(now sim.Time, actions []job.Action) {
	if len(actions) == 0 || j.deleted || j.conflict {
		j.settled()
		return
	}
	next := func(at sim.Time) { j.carryOut(at, actions[1:]) }
	switch a := actions[0].(type) {
	case job.CreatePods:
		j.createPods(now, a.Pods, control.SlowStartBatches(len(a.Pods)), 0, next)
	case job.DeletePods:
		j.deletePods(now, a, next)
	case job.RemoveFinalizers:
		j.eachPod(now, a.Pods, (*pod).release, next)
	case job.UpdateStatus:
		j.call(now, func() { j.writeStatus(a.Status) }, next)
	case job.Remember:
		j.memory.Backoff = a.Backoff
		next(now)
	case job.RequeueAfter:
		j.add(a.After)
		next(now)
	default: // an event, for which there is another client
		next(now)
	}
}

// call is one write, which the worker waits for.
func (j *batchJob) call(now sim.Time, write func(), next func(sim.Time)) {
	w := j.world
	w.loop.At(w.jobClient.call(now), sim.PhaseControl, sim.Func(func(at sim.Time) {
		if !j.deleted {
			write()
		}
		w.loop.At(at.Add(callTime), sim.PhaseControl, sim.Func(next))
	}))
}

// eachPod writes pods side by side.
func (j *batchJob) eachPod(now sim.Time, pods []*v1.Pod, write func(*pod), next func(sim.Time)) {
	left := len(pods)
	for _, seen := range pods {
		j.call(now, func() {
			if p := j.apiPod(seen); p != nil {
				write(p)
			}
		}, func(at sim.Time) {
			if left--; left == 0 {
				next(at)
			}
		})
	}
}

// deletePods deletes pods side by side, each after its finalizer is taken off if
// it is to count for nothing (deleteJobPods).
func (j *batchJob) deletePods(now sim.Time, a job.DeletePods, next func(sim.Time)) {
	left := len(a.Pods)
	done := func(at sim.Time) {
		if left--; left == 0 {
			next(at)
		}
	}
	reason := "job-over"
	switch {
	case a.Release && j.suspended():
		reason = "suspended"
	case a.Release:
		reason = "scale-down"
	}
	for _, seen := range a.Pods {
		remove := func(at sim.Time) {
			j.call(at, func() {
				if p := j.apiPod(seen); p != nil {
					p.delete(reason)
				}
			}, done)
		}
		if !a.Release {
			remove(now)
			continue
		}
		j.call(now, func() {
			if p := j.apiPod(seen); p != nil {
				p.release()
			}
		}, remove)
	}
}

// createPods creates pods in batches of 1, 2, 4 …, each batch side by side and
// after the one before. After a batch of which the API server refused a pod the
// sync goes on with its status, and fails.
func (j *batchJob) createPods(now sim.Time, pods []*v1.Pod, batches []int, made int32, next func(sim.Time)) {
	if len(batches) == 0 {
		next(now)
		return
	}
	w, end, before := j.world, now, made
	for _, o := range pods[:batches[0]] {
		at := w.jobClient.call(now)
		end = max(end, at)
		w.loop.At(at, sim.PhaseControl, sim.Func(func(at sim.Time) {
			if j.createPod(at, o) {
				made++
			}
		}))
	}
	rest := int32(len(pods))
	w.loop.At(end.Add(callTime), sim.PhaseControl, sim.Func(func(at sim.Time) {
		if made-before < int32(batches[0]) && !j.deleted {
			j.refused(at, rest-(made-before))
			return
		}
		j.createPods(at, pods[batches[0]:], batches[1:], made, next)
	}))
}

// refused goes on with a sync of which so many pods don't come to be.
func (j *batchJob) refused(now sim.Time, missing int32) {
	j.seen.Refused = missing
	actions, err := job.Sync(j.seen, j.world.wall(now))
	j.world.fail(err)
	i := slices.IndexFunc(actions, func(a job.Action) bool { _, is := a.(job.CreatePods); return is })
	j.carryOut(now, actions[i+1:])
}

func (j *batchJob) createPod(now sim.Time, template *v1.Pod) bool {
	if j.deleted {
		return false
	}
	w, o := j.world, template.DeepCopy()
	o.Name = j.names.next(o.GenerateName)
	control.AdmitPod(o, w.uid(), w.wall(now))
	return w.createPod(o, j.key, j) == nil
}

// writeStatus is refused when somebody has changed the Job since the sync began:
// the controller's version is old. The rest of the sync is not done.
func (j *batchJob) writeStatus(status batchv1.JobStatus) {
	if j.conflict = j.api.Generation != j.seen.Job.Generation; j.conflict {
		return
	}
	next := j.api.DeepCopy()
	next.Status = status
	j.api = next
	j.follow()
	j.enqueue()
	j.tellOwner()
}
