// Package size foresees what a run asks for, from its Spec alone: how many pods for
// how long, how many requests, and from these how much time and memory it takes.
package size

import (
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// Size is what one replication asks for.
type Size struct {
	Nodes int
	// Pods is how many are there at once at the most, those of autoscalers counted by
	// their maximum, but no more than the nodes take.
	Pods float64
	// Started is how many pods come and go: those of CronJobs.
	Started float64
	// Requests is how many clients send, without retries and without what servers
	// call. Those of recorded arrivals, which are not read for it, are left out.
	Requests float64
	// Hours is the simulated time.
	Hours float64
}

// Of is the size of a replication of a Spec.
func Of(spec *cluster.Spec) Size {
	s := Size{Nodes: len(spec.Nodes), Hours: spec.Duration.Hours()}
	table, most := spec.Kinds(), autoscaled(spec)
	for _, object := range spec.Objects {
		k := table.Of(object)
		if !k.HasPods() {
			continue
		}
		o := object.(kinds.Object)
		switch cj, is := object.(*batchv1.CronJob); {
		case is:
			s.Started += runs(cj, spec)
		case k.PerNode:
			s.Pods += float64(len(spec.Nodes))
		default:
			s.Pods += float64(max(k.SizeOf(o), most[kinds.WorkloadKey(o.GetNamespace(), k.Kind, o.GetName())]))
		}
	}
	room := 0.0
	for _, n := range spec.Nodes {
		room += float64(n.Status.Allocatable.Pods().Value())
	}
	s.Pods = min(s.Pods, max(room, 1))
	for i := range spec.Traffic {
		s.Requests += requests(&spec.Traffic[i], sim.Time(spec.Duration))
	}
	return s
}

// autoscaled is up to how many replicas autoscalers go, by workload.
func autoscaled(spec *cluster.Spec) map[string]int32 {
	most := map[string]int32{}
	for _, object := range spec.Objects {
		if a, is := object.(*autoscalingv2.HorizontalPodAutoscaler); is {
			target := a.Spec.ScaleTargetRef
			most[kinds.WorkloadKey(a.Namespace, target.Kind, target.Name)] = a.Spec.MaxReplicas
		}
	}
	return most
}

// runs is how often a CronJob runs, by the time between its first runs.
func runs(cj *batchv1.CronJob, spec *cluster.Spec) float64 {
	schedule := cronjob.Schedule(cj)
	if schedule == nil || (cj.Spec.Suspend != nil && *cj.Spec.Suspend) {
		return 0
	}
	const looked = 100
	start := spec.Start
	if start.IsZero() {
		start = cluster.DefaultStart
	}
	end := start.Add(spec.Duration)
	at, n := start, 0.0
	for range looked {
		next := schedule.Next(at)
		if next.IsZero() || next.After(end) {
			return n
		}
		at, n = next, n+1
	}
	return n * float64(spec.Duration) / float64(at.Sub(start))
}

// requests is how many requests a stream is expected to have until a time.
func requests(t *load.Traffic, end sim.Time) float64 {
	span := end - t.Start
	if span <= 0 {
		return 0
	}
	n, turns := 0.0, 1.0
	if t.Sessions != nil {
		turns = max(1, t.Sessions.Turns.Mean())
	}
	switch {
	case t.Users != nil:
		// As if requests took no time, but no faster than clients can be.
		cycle := max(t.Users.Think.Mean(), 0.01)
		n = float64(t.Users.Count) * time.Duration(span).Seconds() / cycle
	case t.Rate != nil:
		n = t.Rate.Integral(span) * turns
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return math.MaxFloat64
	}
	return n
}
