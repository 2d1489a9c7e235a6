package finding

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// slowCreation is how long pods may be refused before it is worth a word: a
// pod that has to go first takes its grace period.
const slowCreation = sim.Time(time.Minute)

// findRefused tells of objects that the API server never takes, and of rollouts
// that don't complete for that.
func findRefused(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, r := range w.Denied() {
			if r.AtEnd == 0 && r.Undone == 0 {
				continue
			}
			all = append(all, result.Finding{What: f.whatIsRefused(w, r), Change: mendRefusal(w, r)})
		}
		return all
	})
}

// findDelayed tells of those that it takes late: a controller tries again after
// ever longer waits, and nobody tells it when there is room.
func findDelayed(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, r := range w.Denied() {
			if r.AtEnd+r.Undone > 0 || r.Longest < slowCreation {
				continue
			}
			waits := "after waits that double up to 16m40s"
			sooner := "; when there is room, kubectl rollout restart spares the rest of the wait."
			switch {
			case r.First.Object == "ReplicaSet": // of a Deployment, which gives up
				waits = "15 times, after waits that double, and then only when somebody changes the Deployment"
			case w.Job != nil && ofPods(r): // MaxJobApiBackOff in job_controller.go
				waits, sooner = "after waits that double up to 1m", "."
			case w.Job != nil:
				sooner = "."
			}
			what := fmt.Sprintf(
				"its %s were refused for up to %s%s by %s (%s); the controller tries again %s, whenever there is room.",
				objects(r.First.Object), words.Time(r.Longest), f.inRuns(r.Runs), by(r.First), shortText(r.First), waits)
			all = append(all, result.Finding{
				What: what, Change: strings.TrimSuffix(mendRefusal(w, r), ".") + sooner})
		}
		return all
	})
}

// whatIsRefused names the rollout that is held back, if one is.
func (f *facts) whatIsRefused(w *fold.WorkloadTotals, r *fold.RefusalTotals) string {
	if ro := r.Rollout; ro != nil && r.Undone > 0 {
		what := fmt.Sprintf("the %s is held back%s by %s", words.Rollout(ro.Initial, ro.Images, ro.Before),
			f.inRuns(r.Undone), by(r.First))
		if u, ok := rollingUpdateOf(w.Declared.Strategy, w.Declared.Replicas); ok && u.unavailable == 0 &&
			len(r.First.Short) > 0 && ofPods(r) {
			return what + fmt.Sprintf(": maxSurge needs room for one pod more (%s), and maxUnavailable 0%s keeps the old ones.",
				shortText(r.First), u.rounding(w.Declared.Replicas))
		}
		return what + ": " + shortText(r.First) + "."
	}
	return fmt.Sprintf("the API server refuses its %s%s, to the end (%s).", objects(r.First.Object), f.inRuns(r.AtEnd),
		shortText(r.First))
}

// ofPods reports whether it was pods that were refused.
func ofPods(r *fold.RefusalTotals) bool { return r.First.Object == "Pod" }

func objects(kind string) string {
	if kind == "Pod" {
		return "pods"
	}
	return kind + "s"
}

func by(rec record.CreationRefused) string {
	if rec.Policy == "" {
		return "the API server"
	}
	return rec.Policy
}

// shortText is what a quota lacks, or the answer as it is, without the name of
// the object, which changes.
func shortText(rec record.CreationRefused) string {
	if len(rec.Short) == 0 {
		return upstream.Answer(rec.Message)
	}
	var list []string
	for _, s := range rec.Short {
		list = append(list, fmt.Sprintf("%s %s asked for, %s of %s used", s.Resource, s.Requested, s.Used, s.Hard))
	}
	return strings.Join(list, "; ")
}

// mendRefusal is the change that an answer asks for.
func mendRefusal(w *fold.WorkloadTotals, r *fold.RefusalTotals) string {
	policy, name, _ := strings.Cut(r.First.Policy, " ")
	answer := r.First.Message
	unset := upstream.MustSpecify(answer)
	switch {
	case len(r.First.Short) > 0:
		raise := raiseQuota(name, r.First.Short, int64(max(1, r.Missing)))
		switch r.First.Object {
		case "ReplicaSet", "ControllerRevision":
			return words.Capital(raise) + ", or lower revisionHistoryLimit, so that fewer old ones are kept."
		}
		u, ok := rollingUpdateOf(w.Declared.Strategy, w.Declared.Replicas)
		if ok && r.Rollout != nil && u.unavailable == 0 && ofPods(r) {
			return "Set maxUnavailable: 1 and maxSurge: 0, so that an old pod makes room, or " + raise + "."
		}
		return words.Capital(raise) + ", or ask for less."
	case unset != nil:
		return fmt.Sprintf("Set %s in its pod template, or give the namespace a LimitRange with defaults.",
			resourcesText(unset))
	case policy == "LimitRange":
		return "Keep its containers within " + r.First.Policy + ", or change that."
	case policy == "RuntimeClass" && upstream.IsNotFound(answer), policy == "PriorityClass":
		field := map[string]string{"RuntimeClass": "runtimeClassName", "PriorityClass": "priorityClassName"}[policy]
		return fmt.Sprintf("Create the %s %s, or take %s out of its pod template.", policy, name, field)
	case upstream.IsLimitBelowRequest(answer):
		return "Set limits beside its requests: without, it gets the default limit of a LimitRange, which is below the request."
	}
	return "Correct its pod template."
}

// resourcesText names the fields of a pod template that are to be set.
func resourcesText(unset []upstream.Unset) string {
	var list []string
	for _, u := range unset {
		list = append(list, fmt.Sprintf("resources.%s of container %s", u.Field, strings.Join(u.Containers, " and ")))
	}
	return strings.Join(list, ", ")
}

// raiseQuota says to what a quota would have to grow for so many objects more.
func raiseQuota(quota string, short []record.Shortage, objects int64) string {
	var list []string
	for _, s := range short {
		used, err := resource.ParseQuantity(s.Used)
		requested, errRequested := resource.ParseQuantity(s.Requested)
		if err != nil || errRequested != nil || !requested.Mul(objects) {
			continue
		}
		used.Add(requested)
		list = append(list, fmt.Sprintf("%s of ResourceQuota %s to %s", s.Resource, quota, used.String()))
	}
	if len(list) == 0 {
		return "raise ResourceQuota " + quota
	}
	return "raise " + strings.Join(list, " and ")
}
