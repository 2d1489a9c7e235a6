package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// refused is the Event of a controller whose object the API server did not take
// (controller_utils.go, createPods; stateful_pod_control.go, recordPodEvent).
func (s *story) refused(r record.CreationRefused) {
	if r.By == "" {
		return // of a pod that was applied: kubectl was told
	}
	message := "Error creating: " + r.Message
	if r.Object == "Job" {
		message = "Error creating job: " + r.Message // of a CronJob
	}
	if set, is := strings.CutPrefix(r.By, "StatefulSet "); is {
		set = record.ShortName(set)
		name := quoted(r.Message)
		what := "Pod " + name
		if r.Object == "PersistentVolumeClaim" {
			what = fmt.Sprintf("Claim %s for Pod %s-%s", name, set, name[strings.LastIndex(name, "-")+1:])
		}
		message = fmt.Sprintf("create %s in StatefulSet %s failed error: %s", what, set, r.Message)
	}
	at := r.T
	if r.Last > 0 { // repetitions, which are told of later than they happened
		message += fmt.Sprintf(" (%s more since %s)", times(r.Count), clockText(r.Since))
		at = r.Last
	}
	s.addEarlier(at, "Warning", "FailedCreate", r.By, message)
}

// quoted is what stands between the first quotes.
func quoted(text string) string {
	parts := strings.SplitN(text, `"`, 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// addEarlier adds an event that others may have been told after, in its place.
func (s *story) addEarlier(t sim.Time, eventType, reason, object, message string) {
	i := len(s.events)
	for i > 0 && s.events[i-1].T > t {
		i--
	}
	s.events = slices.Insert(s.events, i, Event{t, eventType, reason, object, message})
}
