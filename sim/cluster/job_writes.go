package cluster

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/record"
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
	client := j.world.controllers.job.Client
	switch a := actions[0].(type) {
	case job.CreatePods:
		j.createPods(now, a.Pods, control.SlowStartBatches(len(a.Pods)), 0, next)
	case job.DeletePods:
		j.deletePods(a, next)
	case job.RemoveFinalizers:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) { j.onPod(a.Pods[i], (*pod).release) }, func(int, sim.Time) {}, next)
	case job.UpdateStatus:
		client.Write(func(sim.Time) {
			if !j.deleted {
				j.writeStatus(a.Status)
			}
		}, next)
	case job.Remember:
		j.memory.Backoff = a.Backoff
		next(now)
	case job.RequeueAfter:
		j.work.AddAfter(a.After)
		next(now)
	case job.Event:
		client.Event(j.api.UID)
		next(now)
	}
}

// onPod changes a pod that is still there.
func (j *batchJob) onPod(seen *v1.Pod, change func(*pod)) {
	if p := j.world.seenPod(seen); p != nil && !j.deleted {
		change(p)
	}
}

// deletePods deletes pods side by side, each after its finalizer is taken off if
// it is to count for nothing (deleteJobPods); of each an event tells.
func (j *batchJob) deletePods(a job.DeletePods, next func(sim.Time)) {
	client, left := j.world.controllers.job.Client, len(a.Pods)
	done := func(at sim.Time) {
		client.Event(j.api.UID)
		if left--; left == 0 {
			next(at)
		}
	}
	reason := record.JobOver
	switch {
	case a.Release && j.suspended():
		reason = record.JobSuspended
	case a.Release:
		reason = record.ScaledDown
	}
	for _, seen := range a.Pods {
		remove := func(sim.Time) {
			client.Write(func(sim.Time) { j.onPod(seen, func(p *pod) { p.delete(reason) }) }, done)
		}
		if !a.Release {
			remove(0)
			continue
		}
		client.Write(func(sim.Time) { j.onPod(seen, (*pod).release) }, remove)
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
	client, before, rest := j.world.controllers.job.Client, made, int32(len(pods))
	client.WriteAll(batches[0], func(i int, at sim.Time) {
		if j.createPod(at, pods[i]) {
			made++
		}
	}, func(int, sim.Time) { client.Event(j.api.UID) }, func(at sim.Time) {
		if made-before < int32(batches[0]) && !j.deleted {
			j.refused(at, rest-(made-before))
			return
		}
		j.createPods(at, pods[batches[0]:], batches[1:], made, next)
	})
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
