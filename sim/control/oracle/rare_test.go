package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const (
	// swarm is how many scenarios are played for the tally of each test run.
	swarm = 240
	// soaked is the number of scenarios from which on the rarest branches must be met.
	soaked = 4000
)

// usual are branches that some of a few hundred scenarios meet; rarest those that some
// of a few thousand do. One that no scenario meets any more is tested by none.
var (
	usual = []string{
		"deleted: scale-down", "deleted: rollout", "deleted: preempted", "deleted: evicted",
		"deleted: owner-deleted", "deleted: killed", "deleted: tainted", "deleted: orphaned", "deleted: suspended",
		"deleted: job-over", "deleted: history-limit", "rollout: complete", "rollout: stalled", "rollout: paused",
		"rollout: resumed", "rollout: over a rollout", "eviction in the middle of a rollout",
		"eviction that a budget refuses", "node fails in the middle of a rollout", "deletion of what is being rolled out",
		"autoscaler acts in the middle of a rollout", "autoscaler without a metric", "creation that a quota refuses",
		"creation that a limit range refuses", "node is nominated", "job: complete", "job: failed",
		"job: suspended", "cron: skipped", "cron: held", "taint in the middle of a rollout", "deleted: ttl",
		"deleted: replaced",
		"quota refuses in the middle of a rollout",
	}
	rarest = []string{
		"preemption during a drain", "preemption in the middle of a rollout", "node removed with pods in deletion",
		"drain of a failed node",
	}
)

// story follows the records of a run and tells the branches that it meets.
type story struct {
	met       map[string]int
	workload  map[string]string   // of a pod
	rolling   map[string]bool     // workloads
	evicted   map[string]bool     // pods that are evicted, and not yet gone
	failed    map[string]bool     // nodes
	on        map[string]string   // node of a pod
	deleting  map[string]sim.Time // pods
	lastDrain sim.Time
}

func branches(records []record.Record) map[string]int {
	s := &story{met: map[string]int{}, workload: map[string]string{}, rolling: map[string]bool{},
		evicted: map[string]bool{},
		failed:  map[string]bool{}, on: map[string]string{}, deleting: map[string]sim.Time{}, lastDrain: -1}
	for _, r := range records {
		s.add(r)
	}
	return s.met
}

func (s *story) meet(condition bool, branch string) {
	if condition {
		s.met[branch]++
	}
}

func (s *story) add(r record.Record) {
	anyRolling := slices.Contains(slices.Collect(maps.Values(s.rolling)), true)
	switch r := r.(type) {
	case record.PodCreated:
		s.workload[r.Pod] = r.Owner
	case record.PodScheduled:
		s.on[r.Pod] = r.Node
	case record.PodUnschedulable:
		s.meet(r.Nominated != "", "node is nominated")
	case record.PodDeleting:
		s.deletion(r)
	case record.PodGone:
		delete(s.evicted, r.Pod)
		delete(s.deleting, r.Pod)
		delete(s.on, r.Pod)
	case record.Rollout:
		s.meet(true, "rollout: "+string(r.Phase))
		s.meet(r.Phase == record.RolloutStarted && s.rolling[r.Workload], "rollout: over a rollout")
		switch r.Phase {
		case record.RolloutStarted:
			s.rolling[r.Workload] = true
		case record.RolloutComplete:
			s.rolling[r.Workload] = false
		}
	case record.Autoscaled:
		s.meet(r.Rescaled && s.rolling[r.Workload], "autoscaler acts in the middle of a rollout")
		s.meet(strings.Contains(r.Reason, "FailedGet"), "autoscaler without a metric")
	case record.EvictionRefused:
		s.meet(true, "eviction that a budget refuses")
	case record.CreationRefused:
		s.meet(strings.HasPrefix(r.Policy, "ResourceQuota"), "creation that a quota refuses")
		s.meet(strings.HasPrefix(r.Policy, "ResourceQuota") && s.rolling[r.Workload],
			"quota refuses in the middle of a rollout")
		s.meet(strings.HasPrefix(r.Policy, "LimitRange"), "creation that a limit range refuses")
	case record.JobChanged:
		s.meet(true, "job: "+string(r.Phase))
	case record.CronJobRun:
		s.meet(true, "cron: "+string(r.Phase))
	case record.NodeChanged:
		s.node(r, anyRolling)
	case record.Step:
		s.meet(strings.HasPrefix(r.Text, "taint") && anyRolling, "taint in the middle of a rollout")
		for _, o := range r.Objects {
			s.meet(strings.HasPrefix(r.Text, "drain") && s.failed[strings.TrimPrefix(o, "Node ")], "drain of a failed node")
		}
	}
}

func (s *story) deletion(r record.PodDeleting) {
	of := s.workload[r.Pod]
	s.meet(true, "deleted: "+string(r.Reason))
	s.meet(r.Reason == record.Evicted && s.rolling[of], "eviction in the middle of a rollout")
	s.meet(r.Reason == record.Preempted && s.rolling[of], "preemption in the middle of a rollout")
	s.meet(r.Reason == record.Preempted && len(s.evicted) > 0, "preemption during a drain")
	s.meet(r.Reason == record.OwnerDeleted && s.rolling[of], "deletion of what is being rolled out")
	if r.Reason == record.Evicted {
		s.evicted[r.Pod] = true
	}
	s.deleting[r.Pod] = r.T
}

func (s *story) node(r record.NodeChanged, anyRolling bool) {
	switch r.Phase {
	case record.NodeFailed:
		s.failed[r.Node] = true
		s.meet(anyRolling, "node fails in the middle of a rollout")
	case record.NodeRecovered:
		s.failed[r.Node] = false
	case record.NodeRemoved:
		for pod := range s.deleting {
			s.meet(s.on[pod] == r.Node, "node removed with pods in deletion")
		}
	}
}

// conflicts counts the writes that Kubernetes' controllers made of objects which
// somebody else had written, by kind.
var conflicts struct {
	sync.Mutex
	of map[string]int
}

func countConflict(kind string) {
	conflicts.Lock()
	defer conflicts.Unlock()
	if conflicts.of == nil {
		conflicts.of = map[string]int{}
	}
	conflicts.of[kind]++
}

// contested are the kinds that some controller writes in a soak when another has
// written them since it read them.
var contested = []string{"Deployment", "ReplicaSet", "PodDisruptionBudget"}

// Random scenarios come to what is rare: each branch is met at least once, so that the
// comparisons of TestRandomClusters mean it.
func TestRareBranchesHappen(t *testing.T) {
	var mu sync.Mutex
	met := map[string]int{}
	n, from := swarm, uint64(swarmFrom)
	if *cases > standard {
		n, from = *cases, max(*first, swarmFrom)
	}
	t.Run("seed", func(t *testing.T) {
		for seed := from; seed < from+uint64(n); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				records, _ := simulate(t, scenario(seed))
				mu.Lock()
				defer mu.Unlock()
				for branch, times := range branches(records) {
					met[branch] += times
				}
			})
		}
	})
	for _, branch := range slices.Sorted(maps.Keys(met)) {
		t.Logf("%6d %s", met[branch], branch)
	}
	must := usual
	if n >= soaked {
		must = slices.Concat(usual, rarest)
	}
	for _, branch := range must {
		require.Positive(t, met[branch], "no scenario of %d meets: %s", n, branch)
	}
}
