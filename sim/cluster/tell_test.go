package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// story is what happened in the cluster of a story.
type story []record.Record

// tell is a line for each thing that happened, of the kinds that are asked for: pods,
// nodes, jobs, cronjobs, rollouts, scaled, endpoints, refusals, steps. Names that are
// drawn are cut to what is the same in every run.
func (s story) tell(t *testing.T, d *datadriven.TestData) string {
	from := sim.Time(0)
	asked := map[string]bool{}
	for _, a := range d.CmdArgs {
		if a.Key == "from" {
			var seconds float64
			_, err := fmt.Sscanf(a.Vals[0], "%g", &seconds)
			require.NoError(t, err)
			from = at(seconds)
			continue
		}
		asked[a.Key] = true
	}
	var text strings.Builder
	v := view{node: map[string]string{}, deleting: map[string]bool{}}
	for _, r := range s {
		kind, line := v.line(r)
		placed, timed := r.(interface{ When() record.At })
		if line == "" || !asked[kind] || !timed || placed.When().T < from {
			continue
		}
		fmt.Fprintf(&text, "%.1f %s\n", (placed.When().T - from).Seconds(), line)
	}
	return text.String()
}

// view is what has to be known of pods to tell of them.
type view struct {
	node     map[string]string
	deleting map[string]bool
}

// line is what is told of a record and the kind of things it is of, "" for nothing.
func (v view) line(r record.Record) (kind, line string) {
	switch r := r.(type) {
	case record.NodeChanged:
		return "nodes", string(r.Phase) + " " + r.Node
	case record.JobChanged:
		reason := r.Reason
		if reason == batchv1.JobReasonCompletionsReached {
			reason = ""
		}
		return "jobs", words(r.Phase, fmt.Sprintf("%d/%d", r.Succeeded, r.Failed), reason)
	case record.CronJobRun:
		return "cronjobs", words(r.Phase, fmt.Sprintf("for %.0f", r.Scheduled.Seconds()), r.Reason)
	case record.Rollout:
		return "rollouts", string(r.Phase)
	case record.Scaled:
		return "scaled", fmt.Sprintf("%d to %d by %s", r.From, r.To, r.By)
	case record.Endpoints:
		return "endpoints", fmt.Sprintf("%d endpoints", r.To)
	case record.CreationRefused:
		return "refusals", fmt.Sprintf("%s %d times: %s", r.Object, r.Count, r.Message)
	case record.Step:
		return "steps", saidOf(r)
	}
	return "pods", v.pod(r)
}

// pod is what happened to a pod: "created", "bound" to a node, "ready", "unready", the
// reason of its deletion, the phase that it ended in, or "gone". That a pod stops being
// Ready while it terminates is left out.
func (v view) pod(r record.Record) string {
	switch r := r.(type) {
	case record.PodCreated:
		delete(v.deleting, r.Pod)
		delete(v.node, r.Pod)
		name := v.name(r.Pod)
		if !strings.Contains(name, r.Revision) {
			name += " of " + r.Revision
		}
		return words("created", name)
	case record.PodScheduled:
		v.node[r.Pod] = r.Node
		return words("bound", v.name(r.Pod))
	case record.PodReady:
		switch {
		case r.Ready:
			return words("ready", v.name(r.Pod))
		case !v.deleting[r.Pod]:
			return words("unready", v.name(r.Pod))
		}
	case record.PodDeleting:
		v.deleting[r.Pod] = true
		return words(r.Reason, v.name(r.Pod))
	case record.PodFinished:
		return words(r.Phase, v.name(r.Pod))
	case record.PodGone:
		return words("gone", v.name(r.Pod))
	}
	return ""
}

// name is that of a pod with its node, without the namespace and without what was drawn.
func (v view) name(pod string) string {
	_, name, _ := strings.Cut(pod, "/")
	if i := strings.LastIndexByte(name, '-'); i >= 0 && len(name)-i == 6 {
		name = name[:i]
	}
	if node := v.node[pod]; node != "" {
		return name + " " + node
	}
	return name
}

func words(list ...any) string { return strings.Join(strings.Fields(fmt.Sprintln(list...)), " ") }
