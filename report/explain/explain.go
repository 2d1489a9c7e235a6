package explain

import (
	"fmt"
	"io"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Explain tells why something happened to one object in replication 0: what it
// waited for, who killed it, how its size was chosen. Object is Kind/name or
// Kind/namespace/name. The error says which objects there are.
func Explain(w io.Writer, r *result.Result, object string, o words.TextOptions) error {
	name, err := r.Object(object)
	if err != nil {
		return err
	}
	e := &explanation{Lines: words.NewLines(o), result: r, object: name}
	of := record.ParseObject(name)
	kind, key := of.Kind, of.NamespacedName()
	e.title(name)
	heading := e.Out.Len()
	switch kind {
	case "Pod":
		e.pod(key)
	case "HorizontalPodAutoscaler":
		e.autoscaler(key)
	case "PodDisruptionBudget":
		e.budget(key)
	case "Node":
		e.node(key)
	case "ScaledObject", "Service":
	default:
		e.workload(kind, key)
	}
	e.events(kind, key)
	e.advice()
	if e.Out.Len() == heading {
		e.line("nothing happened to it that was not meant to")
	}
	_, err = io.WriteString(w, e.Out.String())
	return err
}

type explanation struct {
	*words.Lines
	result *result.Result
	object string // "Kind namespace/name"
}

func (e *explanation) title(text string) { e.Out.WriteString(e.Paint(words.Bold, text) + "\n") }

func (e *explanation) line(format string, arguments ...any) {
	e.Wrapped("  ", 2, fmt.Sprintf(format, arguments...), 4)
}

// node tells when it was there, where that is not all the time.
func (e *explanation) node(key string) {
	n := e.result.Nodes[key]
	if n.Joined > 0 {
		e.line("joined at %s", words.Clock(n.Joined))
	}
	if n.Gone != nil {
		e.line("gone from %s on: the machine and its Node were removed", words.Clock(*n.Gone))
	}
}

// pod tells the stations of a pod and what it waited for; pods of a
// StatefulSet come again under their name.
func (e *explanation) pod(key string) {
	for _, p := range e.result.Pods {
		if p.Name != key {
			continue
		}
		owner := record.ParseKey(p.Owner).Object()
		e.line("created at %s for %s", words.Clock(p.Created), owner)
		for _, wait := range e.result.Pending {
			if wait.Pod != key || wait.Since != p.Created {
				continue
			}
			e.line("%s", waitText(wait))
		}
		switch {
		case p.Scheduled == nil:
			e.line("never got a node")
		case p.Ready == nil:
			e.line("on node %s from %s, never Ready", p.Node, words.Clock(*p.Scheduled))
		default:
			e.line("on node %s from %s, Ready at %s, %s later", p.Node, words.Clock(*p.Scheduled), words.Clock(*p.Ready),
				words.Time(*p.Ready-*p.Scheduled))
		}
		if p.Restarts > 0 {
			e.line("restarted %s%s", words.Times(int64(p.Restarts)), oomKilled(p.OOMKilled))
		}
		if p.Phase == "Failed" || p.Phase == "Succeeded" {
			e.line("its phase is %s", p.Phase)
		}
		if p.Deleting != nil {
			gone := ", still terminating at the end"
			if p.Gone != nil {
				gone = ", gone at " + words.Clock(*p.Gone)
			}
			e.line("deleted at %s: %s%s", words.Clock(*p.Deleting), deletion(&p), gone)
		}
	}
}

func oomKilled(n int) string {
	if n == 0 {
		return ""
	}
	return ", OOMKilled " + words.Times(int64(n))
}

// deletions are the reasons of deletions in words.
var deletions = map[record.Deletion]string{
	record.ScaledDown:        "scaled down",
	record.RolledOut:         "replaced, for it is of an old revision",
	record.EndedBefore:       "it had ended",
	record.Preempted:         "preempted",
	record.Evicted:           "evicted",
	record.Deleted:           "kubectl delete",
	record.OwnerDeleted:      "its owner was deleted",
	record.KilledByName:      "kubectl delete --grace-period=0 --force",
	record.Tainted:           "its node had a NoExecute taint that it did not tolerate any longer",
	record.Orphaned:          "its node was gone",
	record.TooManyEnded:      "more pods had ended than may stay",
	record.JobReplaced:       "the next Job of its CronJob was due",
	record.JobForgotten:      "its CronJob keeps no more Jobs",
	record.RestartedTogether: "all pods of its workload restart together, and another one had restarted, failed or gone",
	record.JobExpired:        "its Job had ended long enough ago",
}

// deletion says why the pod was deleted, and for whom.
func deletion(p *result.Pod) string {
	text := deletions[p.Deleted]
	if text == "" {
		text = string(p.Deleted)
	}
	if p.DeletedBy != "" {
		text += " by " + p.DeletedBy
	}
	return text
}

// waitText is the wait in words.
func waitText(p result.Pending) string {
	until := "to the end"
	if p.Until != nil {
		until = "until " + words.Clock(*p.Until)
	}
	if p.For != "" {
		until += ", for node " + p.For
	}
	return fmt.Sprintf("Pending from %s %s: %s", words.Clock(p.Since), until, p.Message)
}

// workload tells what of a workload's pods still waits.
func (e *explanation) workload(kind, key string) {
	namespace, name := record.SplitName(key)
	owner := record.Key{Namespace: namespace, Kind: kind, Name: name}.String()
	e.rollouts(owner)
	for _, r := range e.result.Workloads[owner].Refused {
		e.line("%s", words.Refusal(r, e.result))
	}
	if e.result.Workloads[owner].CronJob != nil {
		e.cronJob(e.result.Workloads[owner])
	} else if j := e.result.Workloads[owner].Job; j != nil {
		for _, step := range j.Course {
			e.line("%-9s %s: %d active, %d succeeded, %d failed", words.Clock(step.T), step.Phase, step.Active, step.Succeeded,
				step.Failed)
		}
	}
	for _, p := range e.result.Pods {
		ended := p.Phase == "Succeeded" || p.Phase == "Failed"
		if p.Owner != owner || p.Gone != nil || p.Ready != nil || ended {
			continue
		}
		why := "not Ready at the end"
		for _, wait := range e.result.Pending {
			if wait.Pod == p.Name && wait.Until == nil {
				why = waitText(wait)
			}
		}
		e.line("Pod %s: %s", p.Name, why)
	}
}

// advice repeats the findings about the object, or about the owner of a pod.
func (e *explanation) advice() {
	objects := []string{e.object}
	for _, p := range e.result.Pods {
		if e.object == "Pod "+p.Name {
			owner := record.ParseKey(p.Owner).Object()
			objects = append(objects, owner)
		}
	}
	any := false
	for _, f := range e.result.Findings {
		if !slices.Contains(objects, f.Object) {
			continue
		}
		if !any {
			e.title("What to change")
			any = true
		}
		e.line("%s: %s %s", f.Object, f.What, f.Change)
	}
}
