package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// findBlindAutoscalers tells of autoscalers that can't decide to the end.
func findBlindAutoscalers(f *facts) []Finding {
	var all []Finding
	for _, name := range slices.Sorted(maps.Keys(f.automation.autoscalers)) {
		e := f.automation.autoscalers[name]
		runs, message, since := 0, "", ""
		for replication := range f.run.Replications {
			if last, known := e.last[replication]; known && blind(last) {
				runs++
				if message == "" {
					message = last.Message
					if t, decided := e.blindSince[replication]; decided {
						since = " from " + clockText(t) + " on"
					}
				}
			}
		}
		if runs == 0 {
			continue
		}
		workload := record.ParseKey(e.workload).Object()
		object, autoscaler := "HorizontalPodAutoscaler "+name, "autoscaler"
		if s := f.automation.scaledObjects[e.workload]; s != "" { // KEDA's, which the next look would make again
			object, autoscaler = "ScaledObject "+s, "ScaledObject"
		}
		change := "Make sure that the metric is there and its name and selector are right."
		switch {
		case strings.Contains(message, "missing request for"):
			change = fmt.Sprintf("Give every container of %s, sidecars included, a request of the resource that the metric is a percentage of.", workload)
		case strings.Contains(message, targetGone) && since != "":
			change = fmt.Sprintf("Delete the %s together with its target, or let spec.scaleTargetRef name what took the place of %s.", autoscaler, workload)
		case strings.Contains(message, "not found"):
			change = "Correct spec.scaleTargetRef."
		case strings.Contains(message, "more than one HPA"):
			change = fmt.Sprintf("Leave %s one autoscaler, or give the pods of different workloads different labels.", workload)
		}
		all = append(all, Finding{
			Object: object,
			What:   fmt.Sprintf("it can't scale %s%s%s: %s.", workload, since, f.inRuns(runs), rootCause(message)),
			Change: change,
		})
	}
	return all
}

// targetGone is what the autoscaler's condition AbleToScale says of a target that
// is not there.
const targetGone = "unable to get the target's current scale: "

// afterLast is what follows the last marker, all of the text without one.
func afterLast(text, marker string) string {
	if i := strings.LastIndex(text, marker); i >= 0 {
		return text[i+len(marker):]
	}
	return text
}

// rootCause is the last part of a wrapped error of the autoscaler.
func rootCause(message string) string {
	if i := strings.Index(message, "pods by selector "); i >= 0 {
		return message[i:]
	}
	if strings.Contains(message, targetGone) {
		return failedGetScale + ": " + message
	}
	for _, prefix := range []string{"unable to get metrics for resource ", "failed to get cpu utilization: ", "failed to get memory utilization: ", "metrics API: ", "first error is: "} {
		if i := strings.LastIndex(message, prefix); i >= 0 {
			return message[i+len(prefix):]
		}
	}
	return message
}

// findAutoscalersAtMaximum tells of autoscalers that would have gone beyond
// maxReplicas.
func findAutoscalersAtMaximum(f *facts) []Finding {
	var all []Finding
	for _, name := range slices.Sorted(maps.Keys(f.automation.autoscalers)) {
		e := f.automation.autoscalers[name]
		var most heldAt
		for replication := range f.run.Replications {
			if held, known := e.atMaximum[replication]; known && asked(held.decision) > asked(most.decision) {
				most = held
			}
		}
		if asked(most.decision) == 0 {
			continue
		}
		workload := record.ParseKey(e.workload).Object()
		object, field := "HorizontalPodAutoscaler "+name, "maxReplicas"
		if s := f.automation.scaledObjects[e.workload]; s != "" {
			object, field = "ScaledObject "+s, "maxReplicaCount"
		}
		all = append(all, Finding{
			Object: object,
			What: fmt.Sprintf("from %s on its metrics ask for up to %d replicas of %s%s, and %s allows %d.",
				timeText(most.since), asked(most.decision), workload, f.inRuns(len(e.atMaximum)), field, most.decision.Desired),
			Change: fmt.Sprintf("Set %s to %d, if the cluster has room, or give each pod more to work with.", field, asked(most.decision)),
		})
	}
	return all
}
