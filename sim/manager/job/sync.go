package job

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (j *state) sync(now sim.Time) {
	j.conflict = false
	j.seen = job.View{Job: j.api, Memory: j.memory, Pods: j.c.PodObjectsOf(j.api.UID)}
	j.carryOut(now, j.decide(now))
}

// decide is the sync under way as far as it can be told.
func (j *state) decide(now sim.Time) []job.Action {
	actions, err := job.Sync(j.seen, j.c.Wall(now))
	j.c.Fail(err)
	return actions
}

// settled is when the writes of a sync are visible.
func (j *state) settled() {
	failed := j.conflict || j.seen.Refused > 0
	j.seen = job.View{}
	j.work.Done(failed)
}

func (j *state) carryOut(now sim.Time, actions []job.Action) {
	series := manager.Series{
		Client: j.c.Client, Key: &j.work, About: j.api.UID, Do: j.do,
		Over: func() bool { return j.deleted || j.conflict }, End: func(sim.Time) { j.settled() },
	}
	series.CarryOut(now, actions)
}

func (j *state) do(now sim.Time, action job.Action, next func(sim.Time)) {
	client := j.c.Client
	switch a := action.(type) {
	case job.CreatePods:
		j.createPods(now, a.Pods, control.SlowStartBatches(len(a.Pods)), next)
	case job.DeletePods:
		j.deletePods(a, next)
	case job.RemoveFinalizers:
		client.WriteAll(len(a.Pods), func(i int, _ sim.Time) {
			j.onPod(a.Pods[i], (*apiserver.Pod).Release)
		}, func(int, sim.Time) {}, next)
	case job.UpdateStatus:
		client.Write(func(sim.Time) {
			if !j.deleted {
				j.writeStatus(a.Status)
			}
		}, next)
	case job.Remember:
		j.memory.Backoff = a.Backoff
		next(now)
	}
}

// onPod changes a pod that is still there.
func (j *state) onPod(seen *v1.Pod, change func(*apiserver.Pod)) {
	if p := j.c.Seen(seen); p != nil && !j.deleted {
		change(p)
	}
}

// deletePods deletes pods side by side. One that is to count for nothing loses
// its finalizer first (deleteJobPods). An event tells of each.
func (j *state) deletePods(a job.DeletePods, next func(sim.Time)) {
	client, left := j.c.Client, len(a.Pods)
	done := func(at sim.Time) {
		client.Event(j.api.UID)
		if left--; left == 0 {
			next(at)
		}
	}
	why := apiserver.Why{Reason: record.JobOver}
	switch {
	case a.Release && j.suspended():
		why.Reason = record.JobSuspended
	case a.Release:
		why.Reason = record.ScaledDown
	}
	for _, seen := range a.Pods {
		remove := func(sim.Time) {
			client.Write(func(sim.Time) { j.onPod(seen, func(p *apiserver.Pod) { p.Delete(why) }) }, done)
		}
		if !a.Release {
			remove(0)
			continue
		}
		client.Write(func(sim.Time) { j.onPod(seen, (*apiserver.Pod).Release) }, remove)
	}
}

// createPods creates pods in batches of 1, 2, 4 …, each side by side and after the
// one before. After a batch of which the API server refused a pod the sync goes on
// with its status, and fails. When the Job is gone by then, the other batches are
// sent all the same (unlike InBatches): their requests take their turns at the
// client and make nothing.
func (j *state) createPods(now sim.Time, pods []*v1.Pod, batches []int, next func(sim.Time)) {
	if len(batches) == 0 {
		next(now)
		return
	}
	client, size, taken := j.c.Client, batches[0], 0
	client.WriteAll(size, func(i int, at sim.Time) {
		if j.createPod(at, pods[i]) {
			taken++
		}
	}, func(int, sim.Time) { client.Event(j.api.UID) }, func(at sim.Time) {
		if taken < size && !j.deleted {
			j.refused(at, len(pods)-taken)
			return
		}
		j.createPods(at, pods[size:], batches[1:], next)
	})
}

// refused goes on with a sync of which so many pods don't come to be.
func (j *state) refused(now sim.Time, missing int) {
	j.seen.Refused = int32(missing)
	actions := j.decide(now)
	i := slices.IndexFunc(actions, func(a job.Action) bool { _, is := a.(job.CreatePods); return is })
	j.carryOut(now, actions[i+1:])
}

// createPod reports whether there is a new pod.
func (j *state) createPod(now sim.Time, template *v1.Pod) bool {
	if j.deleted {
		return false
	}
	o := template.DeepCopy()
	o.Name = j.names.Next(o.GenerateName)
	control.AdmitPod(o, j.c.UID(), j.c.Wall(now))
	_, err := j.c.CreatePod(o)
	return err == nil
}

// writeStatus is refused when somebody has changed the spec since the sync began:
// the controller's version is old. The rest of the sync is not done.
func (j *state) writeStatus(status batchv1.JobStatus) {
	if j.conflict = j.api.Generation != j.seen.Job.Generation; j.conflict {
		return
	}
	next := j.api.DeepCopy()
	next.Status = status
	j.c.Fail(j.c.UpdateStatus(j.api, next))
}
