package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// swarmFrom is the first seed whose scenario leaves things out. Those before are the
// ones of docs/fidelity.md and testdata/sums.txt.
const swarmFrom = standard + 1

// kindsLeftOut are the kinds of objects and of actions that a scenario can do without.
// What a scenario does not have makes room for more of the rest, and so for what the
// rest does with itself: a drain after a drain, a Job beside a Job.
var kindsLeftOut = []string{
	"Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", "PodDisruptionBudget",
	"HorizontalPodAutoscaler", "PriorityClass", "ResourceQuota", "LimitRange",
	"SetImage", "Scale", "Rollout", "Drain", "Cordon", "NodeFail", "NodeRecover", "NodeAdd", "NodeRemove", "PodKill",
	"Taint",
	"SetResources", "Apply", "Delete", "SetMetric",
}

// leaveOut draws what the scenario of a seed does without: of nine in ten one kind in
// four. It draws from a stream of its own.
func (r *scenarios) leaveOut(seed uint64) {
	if seed < swarmFrom {
		return
	}
	swarm := rand.New(rand.NewPCG(seed, 13))
	if swarm.IntN(10) == 0 {
		return
	}
	r.without = map[string]bool{}
	for _, kind := range kindsLeftOut {
		r.without[kind] = swarm.IntN(4) == 0
	}
	r.often = swarm.IntN(2) == 0
	r.crowded = swarm.IntN(3) == 0
}

// some is true once in n times, of a kind that the scenario has. Scenarios of a swarm
// have twice as many, each second one.
func (r *scenarios) some(n int, kind string) bool {
	drawn := r.one(n)
	if r.often && r.one(2) {
		drawn = drawn || r.one(n)
	}
	return drawn && !r.without[kind]
}

// chosen is an action of a kind that the scenario has, or nil.
func (r *scenarios) chosen() cluster.Action {
	if n := len(r.spec.Timeline); r.often && n > 0 {
		if paused, is := r.spec.Timeline[n-1].Action.(cluster.Rollout); is && paused.Verb == cluster.Pause {
			return cluster.Rollout{Target: paused.Target, Verb: cluster.Resume}
		}
	}
	for range 10 {
		a := r.action()
		if a == nil || !r.without[kindOf(a)] {
			return a
		}
	}
	return nil
}

// kindOf is the name of the type of an action or an object: Drain, NodeFail, Job …
func kindOf(a any) string {
	name := fmt.Sprintf("%T", a)
	return name[strings.LastIndex(name, ".")+1:]
}
