package finding

import (
	"fmt"
	"math"
	"strings"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// rollingUpdate is how many pods a rolling update may have more and fewer.
type rollingUpdate struct {
	surge, unavailable int
	given              [2]record.Limit // maxSurge, maxUnavailable
}

// rollingUpdateOf is that of so many replicas; false when the workload has none.
// Percentages are of replicas, maxSurge rounded up and maxUnavailable down, and
// when both come to 0 one pod may be unavailable: ResolveFenceposts in
// k8s.io/kubernetes/pkg/controller/deployment/util/deployment_util.go.
func rollingUpdateOf(s record.Strategy, replicas int32) (u rollingUpdate, is bool) {
	surge, unavailable := s.Limits()
	if surge == nil {
		return u, false
	}
	u.given = [2]record.Limit{*surge, *unavailable}
	u.surge, u.unavailable = scaled(*surge, replicas, math.Ceil), scaled(*unavailable, replicas, math.Floor)
	if u.surge == 0 && u.unavailable == 0 {
		u.unavailable = 1
	}
	return u, true
}

func scaled(l record.Limit, replicas int32, round func(float64) float64) int {
	if l.Percent {
		return int(round(float64(l.N) * float64(replicas) / 100))
	}
	return int(l.N)
}

// rounding explains percentages that come out differently than they read.
func (u rollingUpdate) rounding(replicas int32) string {
	if !u.given[0].Percent && !u.given[1].Percent {
		return ""
	}
	return fmt.Sprintf(" (maxSurge %s and maxUnavailable %s of %s)", u.given[0], u.given[1],
		words.CountOf(int(replicas), "replica"))
}

// findRolloutsWithoutRoom tells of rollouts whose new pods wait for a node
// that the old pods fill.
func findRolloutsWithoutRoom(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, ro := range w.Rollouts {
			if ro.Stuck == nil || ro.Stuck.Initial || tells(&w.Evidence.Daemons, ro.Stuck.Stuck) {
				continue
			}
			all = append(all, f.rolloutWithoutRoom(w, ro))
		}
		return all
	})
}

// findPausedRollouts tells of those that nobody resumed.
func findPausedRollouts(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, ro := range w.Rollouts {
			if slowest := ro.Slowest; slowest.Paused != nil && slowest.Complete == nil && !slowest.Over {
				all = append(all, result.Finding{
					What: fmt.Sprintf("the %s was paused at %s and not resumed: it does not complete.",
						words.Rollout(slowest.Initial, slowest.Images, slowest.Before), words.Clock(*slowest.Paused)),
					Change: "Resume it (kubectl rollout resume) before the end.",
				})
			}
		}
		return all
	})
}

func (f *facts) rolloutWithoutRoom(w *fold.WorkloadTotals, ro *fold.RolloutTotals) result.Finding {
	stuck := ro.Stuck
	what := fmt.Sprintf("the %s does not complete%s: pod %s waits %s for a node (%s).",
		words.Rollout(stuck.Initial, stuck.Images, stuck.Before), f.inRuns(ro.StuckRuns), stuck.Stuck.Name,
		words.Time(stuck.StuckFor), upstream.Binding(stuck.Stuck.Message))
	u, ok := rollingUpdateOf(w.Declared.Strategy, w.Declared.Replicas)
	lack, change := f.mendScheduling(w, stuck.Stuck)
	if lack != "" {
		what = strings.TrimSuffix(what, ".") + "; " + lack + "."
	}
	if !ok || u.unavailable > 0 || lack != "" || !roomOfOthers(stuck.Stuck) {
		return result.Finding{What: what, Change: change}
	}
	what = strings.TrimSuffix(what, ".") + fmt.Sprintf("; maxUnavailable 0%s keeps the old pods until it is ready.",
		u.rounding(w.Declared.Replicas))
	return result.Finding{
		What:   what,
		Change: either("Set maxUnavailable: 1 and maxSurge: 0, so that an old pod makes room,", f.addNode(w)) + ".",
	}
}

// findRolloutsNotReady tells of rollouts whose new pods run but don't get
// Ready, when no other rule says why.
func findRolloutsNotReady(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if len(w.Evidence.Config)+len(w.Evidence.LoadKills)+len(w.Evidence.Crashes)+len(w.Evidence.OOMKills) > 0 {
			return nil
		}
		if s := f.Volumes.Stall(key); s != nil && s.AtEnd > 0 {
			return nil // findHeldVolumes
		}
		var all []result.Finding
		for _, ro := range w.Rollouts {
			s := ro.Slowest
			if ro.Completed == ro.Runs || ro.Stuck != nil || s.FirstCreated == nil || s.FirstReady != nil {
				continue
			}
			what := fmt.Sprintf("the %s does not complete%s: none of its pods gets Ready",
				words.Rollout(s.Initial, s.Images, s.Before), f.inRuns(ro.Runs-ro.Completed))
			if s.Message != "" {
				what += fmt.Sprintf(" (%s)", strings.TrimSuffix(s.Message, "."))
			}
			all = append(all, result.Finding{What: what + ".",
				Change: "Check what the new image needs to start and its readinessProbe before it is rolled out."})
		}
		return all
	})
}

// findBlockedRollbacks tells of rollouts of a StatefulSet that make no pod,
// since one of the rollout before never gets Ready: with OrderedReady the
// controller waits for it even when the template went back
// (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
func findBlockedRollbacks(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		if u := w.Declared.Strategy.Update; u == nil || u.PodManagement != "OrderedReady" {
			return nil
		}
		var all []result.Finding
		for i := 1; i < len(w.Rollouts); i++ {
			before, ro := w.Rollouts[i-1], w.Rollouts[i]
			s := ro.Slowest
			if before.Completed == before.Runs || ro.Completed == ro.Runs || s.FirstCreated != nil {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"the %s at %s makes no pod%s: with OrderedReady it waits for a pod of the one before, which is not Ready.",
					words.Rollout(s.Initial, s.Images, s.Before), words.Clock(s.Started), f.inRuns(ro.Runs-ro.Completed)),
				Change: "After a rollback delete the pods that are not Ready, or set podManagementPolicy: Parallel.",
			})
		}
		return all
	})
}

// findSurgeWithoutRoom warns of the next rolling update when the cluster has
// no room for its surge.
func findSurgeWithoutRoom(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		u, ok := rollingUpdateOf(w.Declared.Strategy, w.Declared.Replicas)
		room, measured := f.result.Capacity.Headroom[key]
		for _, ro := range w.Rollouts {
			ok = ok && (ro.Stuck == nil || ro.Stuck.Initial)
		}
		if !ok || !measured || room.AtLeast || u.unavailable > 0 || room.Min > 0 ||
			len(w.Evidence.Waits)+len(w.Evidence.Refusals) > 0 {
			return nil
		}
		if room.Quota != "" {
			return []result.Finding{{
				What: fmt.Sprintf(
					"the namespace has no room for one more pod (%s), and with maxUnavailable 0%s a rolling update needs it.",
					room.Binding, u.rounding(w.Declared.Replicas)),
				Change: "Set maxUnavailable: 1 and maxSurge: 0, or raise the quota, before the next rollout.",
			}}
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"the cluster has no room for one more pod (%s), and with maxUnavailable 0%s a rolling update needs it.",
				room.Binding, u.rounding(w.Declared.Replicas)),
			Change: either("Set maxUnavailable: 1 and maxSurge: 0,", f.addNode(w)) + ", before the next rollout.",
		}}
	})
}
