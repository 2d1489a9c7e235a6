package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// refused is the Event of a controller whose object the API server did not take
// (controller_utils.go, createPods; stateful_pod_control.go, recordPodEvent).
func (s *Story) refused(r record.CreationRefused) {
	if r.By == "" {
		return // of a pod that was applied: kubectl was told
	}
	message := "Error creating: " + r.Message
	if r.Object == "Job" {
		message = "Error creating job: " + r.Message // of a CronJob
	}
	if set, is := strings.CutPrefix(r.By, "StatefulSet "); is {
		set = record.ShortName(set)
		name := upstream.Quoted(r.Message)
		what := "Pod " + name
		if r.Object == "PersistentVolumeClaim" {
			what = fmt.Sprintf("Claim %s for Pod %s-%s", name, set, name[strings.LastIndex(name, "-")+1:])
		}
		message = fmt.Sprintf("create %s in StatefulSet %s failed error: %s", what, set, r.Message)
	}
	at := r.T
	if r.Last > 0 { // repetitions, which are told of later than they happened
		message += fmt.Sprintf(" (%s more since %s)", words.Times(r.Count), words.Clock(r.Since))
		at = r.Last
	}
	s.addEarlier(at, "Warning", "FailedCreate", r.By, message)
}

// addEarlier adds an event that others may have been told after, in its place.
func (s *Story) addEarlier(t sim.Time, eventType, reason, object, message string) {
	i := len(s.events)
	for i > 0 && s.events[i-1].T > t {
		i--
	}
	s.events = slices.Insert(s.events, i, result.Event{T: t, Type: eventType, Reason: reason, Object: object, Message: message})
}
