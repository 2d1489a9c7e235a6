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
// (controller_utils.go, createPods; stateful_pod_control.go, recordPodEvent), for
// the last time, with how often it was so before.
func (s *Story) refused(r record.CreationRefused) {
	reason, message := refusalEvent(r)
	if message == "" {
		return
	}
	at := r.T
	if r.Last > 0 { // repetitions, which are told of later than they happened
		message += fmt.Sprintf(" (%s more since %s)", words.Times(r.Count), words.Clock(r.Since))
		at = r.Last
	}
	s.addEarlier(at, "Warning", reason, r.By, message)
}

// refusalEvent is what the controller says, "" for nothing: of a pod that was applied
// kubectl is told, and of a ControllerRevision (pkg/controller/history) nobody.
func refusalEvent(r record.CreationRefused) (reason, message string) {
	set, ofStatefulSet := strings.CutPrefix(r.By, "StatefulSet ")
	name := upstream.Quoted(r.Message)
	switch {
	case r.By == "" || r.Object == "ControllerRevision":
		return "", ""
	case r.Object == "ReplicaSet": // deployment/sync.go, getNewReplicaSet
		return "ReplicaSetCreateError", fmt.Sprintf("Failed to create new replica set %q: %s", name, r.Message)
	case r.Object == "HorizontalPodAutoscaler": // KEDA, scaledobject_controller.go
		return "ScaledObjectCheckFailed", "Failed to ensure HPA is correctly created for ScaledObject"
	case r.Object == "Job": // of a CronJob
		return "FailedCreate", "Error creating job: " + r.Message
	case ofStatefulSet:
		set = record.ShortName(set)
		what := "Pod " + name
		if r.Object == "PersistentVolumeClaim" {
			what = fmt.Sprintf("Claim %s for Pod %s-%s", name, set, name[strings.LastIndex(name, "-")+1:])
		}
		return "FailedCreate", fmt.Sprintf("create %s in StatefulSet %s failed error: %s", what, set, r.Message)
	}
	return "FailedCreate", "Error creating: " + r.Message
}

// addEarlier adds an event that others may have been told after, in its place.
func (s *Story) addEarlier(t sim.Time, eventType, reason, object, message string) {
	i := len(s.events)
	for i > 0 && s.events[i-1].T > t {
		i--
	}
	s.events = slices.Insert(s.events, i, result.Event{T: t, Type: eventType, Reason: reason, Object: object,
		Message: message})
}
