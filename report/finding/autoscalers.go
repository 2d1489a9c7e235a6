package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findBlindAutoscalers tells of autoscalers that can't decide to the end.
func findBlindAutoscalers(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.Automation.Autoscalers)) {
		e := f.Automation.Autoscalers[name]
		runs, message, since := 0, "", ""
		for replication := range f.Run.Replications {
			if last, known := e.Last[replication]; known && fold.Blind(last) {
				runs++
				if message == "" {
					message = last.Message
					if t, decided := e.BlindSince[replication]; decided {
						since = " from " + words.Clock(t) + " on"
					}
				}
			}
		}
		if runs == 0 {
			continue
		}
		workload := record.ParseKey(e.Workload).Object()
		object, autoscaler := "HorizontalPodAutoscaler "+name, "autoscaler"
		if s := f.Automation.ScaledObjects[e.Workload]; s != "" { // KEDA's, which the next look would make again
			object, autoscaler = "ScaledObject "+s, "ScaledObject"
		}
		change := "Make sure that the metric is there and its name and selector are right."
		switch why := upstream.BlindnessOf(message); {
		case why == upstream.NoRequest:
			change = fmt.Sprintf(
				"Give every container of %s, sidecars included, a request of the resource that the metric is a percentage of.",
				workload)
		case why == upstream.NoTarget && since != "":
			change = fmt.Sprintf(
				"Delete the %s together with its target, or let spec.scaleTargetRef name what took the place of %s.", autoscaler,
				workload)
		case why == upstream.NothingFound || (why == upstream.NoTarget && upstream.IsNotFound(message)):
			change = "Correct spec.scaleTargetRef."
		case why == upstream.Ambiguous:
			change = fmt.Sprintf("Leave %s one autoscaler, or give the pods of different workloads different labels.", workload)
		}
		all = append(all, result.Finding{
			Object: object,
			What:   fmt.Sprintf("it can't scale %s%s%s: %s.", workload, since, f.inRuns(runs), upstream.RootCause(message)),
			Change: change,
		})
	}
	return all
}

// findAutoscalersAtMaximum tells of autoscalers that would have gone beyond
// maxReplicas.
func findAutoscalersAtMaximum(f *facts) []result.Finding {
	var all []result.Finding
	for _, name := range slices.Sorted(maps.Keys(f.Automation.Autoscalers)) {
		e := f.Automation.Autoscalers[name]
		var most fold.HeldAt
		for replication := range f.Run.Replications {
			if held, known := e.AtMaximum[replication]; known && fold.Asked(held.Decision) > fold.Asked(most.Decision) {
				most = held
			}
		}
		if fold.Asked(most.Decision) == 0 {
			continue
		}
		workload := record.ParseKey(e.Workload).Object()
		object, field := "HorizontalPodAutoscaler "+name, "maxReplicas"
		if s := f.Automation.ScaledObjects[e.Workload]; s != "" {
			object, field = "ScaledObject "+s, "maxReplicaCount"
		}
		all = append(all, result.Finding{
			Object: object,
			What: fmt.Sprintf("from %s on its metrics ask for up to %d replicas of %s%s, and %s allows %d.",
				words.Time(most.Since), fold.Asked(most.Decision), workload, f.inRuns(len(e.AtMaximum)), field,
				most.Decision.Desired),
			Change: fmt.Sprintf("Set %s to %d, if the cluster has room, or give each pod more to work with.", field,
				fold.Asked(most.Decision)),
		})
	}
	return all
}
