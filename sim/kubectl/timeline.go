package kubectl

import (
	"fmt"
	"math/rand/v2"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Cluster is what kubectl talks to besides the store.
type Cluster struct {
	// Rollouts is kubectl rollout by kind.
	Rollouts map[string]manager.Rollouts
	// Machines are the machines.
	Machines Machines
	// Evict is the eviction subresource, BudgetsOf the budgets that select a pod, by
	// namespace/name.
	Evict     func(*apiserver.Pod) error
	BudgetsOf func(*apiserver.Pod) []string
	// SetMetric gives a metric a value.
	SetMetric func(SetMetric)
}

// Machines are what happens to machines.
type Machines interface {
	// Join lets machines join, Ready at once.
	Join(nodes []*v1.Node)
	Break(node string) error
	Shutdown(node string) error
	Recover(node string) error
	Remove(node string) error
}

// User is who carries out a timeline.
type User struct {
	*apiserver.Store
	Cluster
	steps []Step
	step  int // that is carried out, from 1; 0 is none

	drains []*drain // that go on
	random *rand.Rand
	// applied are the containers of bare pods, annotations those of all else, as the
	// manifests had them that were applied last.
	applied     map[types.UID][]v1.Container
	annotations map[types.UID]map[string]string
}

// New returns who carries out steps. The cluster may be completed until the first.
func New(s *apiserver.Store, steps []Step) *User {
	return &User{Store: s, steps: steps, applied: map[types.UID][]v1.Container{},
		annotations: map[types.UID]map[string]string{}}
}

// Schedule schedules all steps.
func (u *User) Schedule() {
	for i, step := range u.steps {
		u.Loop.At(step.At, sim.PhaseTimeline, sim.Func(func(sim.Time) {
			u.step = i + 1
			if a, is := step.Action.(Apply); is {
				u.applyStep(a)
			} else {
				text, objects, err := u.perform(step.Action)
				u.Record(u.told(text, objects, err))
			}
			u.step = 0
		}))
	}
}

// told is the record of the step under way: what was done, to which objects, and
// what kubectl answered when it was refused.
func (u *User) told(text string, objects []string, err error) record.Step {
	r := record.Step{At: u.At(), Text: text, Objects: objects, Index: u.step, Source: u.sourceOf(u.step)}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// sourceOf is where a step stands, "" of what was applied at the start.
func (u *User) sourceOf(index int) string {
	if index == 0 {
		return ""
	}
	return u.steps[index-1].Source
}

// applyStep tells of the objects that were applied together, and of those that
// were refused one by one, as kubectl apply does.
func (u *User) applyStep(a Apply) {
	if applied := u.ApplyAll(a.Objects); len(applied) > 0 {
		u.Record(u.told("apply "+strings.Join(applied, ", "), applied, nil))
	}
}

// perform does one action and says what it was, and to what. The error is for
// the reader of the records: what kubectl would have answered.
func (u *User) perform(action Action) (text string, objects []string, err error) {
	switch a := action.(type) {
	case Delete:
		return fmt.Sprintf("delete %s %s%s", a.Target.Kind, a.Target.Name, a.flag()), u.withOwner(a.Target), u.delete(a)
	case Scale:
		return fmt.Sprintf("scale %s %s to %d", a.Target.Kind, a.Target.Name, a.Replicas), objectOf(a.Target), u.scale(a)
	case SetImage:
		text := fmt.Sprintf("set image %s %s %s=%s", a.Target.Kind, a.Target.Name, a.Container, a.Image)
		return text, objectOf(a.Target), u.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateImage(t, a.Container, a.Image)
		})
	case SetResources:
		text := fmt.Sprintf("set resources %s %s %s", a.Target.Kind, a.Target.Name, a.Container)
		return text, objectOf(a.Target), u.changeTemplate(a.Target, func(t *v1.PodTemplateSpec) error {
			return control.SetTemplateResources(t, a.Container, a.Requests, a.Limits)
		})
	case SetMetric:
		u.SetMetric(a)
		return fmt.Sprintf("set metric %s to %s", a.Name, a.Value.String()), nil, nil
	case Rollout:
		return fmt.Sprintf("rollout %s %s %s", a.Verb, a.Target.Kind, a.Target.Name), objectOf(a.Target), u.rollout(a)
	case Drain:
		return "drain node " + a.Node, []string{nodeObject(a.Node)}, u.drain(a)
	case Cordon:
		verb := "uncordon"
		if a.Unschedulable {
			verb = "cordon"
		}
		return verb + " node " + a.Node, []string{nodeObject(a.Node)}, u.cordon(a)
	}
	return u.performOnMachines(action)
}

// objectOf names what a step is aimed at as Events name objects.
func objectOf(r ObjectRef) []string { return []string{objectText(r.Kind, r.Namespace, r.Name)} }

// withOwner names an object, and of a pod also the workload that it belongs to.
func (u *User) withOwner(r ObjectRef) []string {
	objects := objectOf(r)
	if p := u.Pod(r.Namespace, r.Name); p != nil && r.Kind == kinds.Pod {
		if of := record.ParseKey(p.Workload); of.Kind != kinds.Pod {
			objects = append(objects, of.Object())
		}
	}
	return objects
}

func objectText(kind, namespace, name string) string {
	return record.Key{Namespace: namespace, Kind: kind, Name: name}.Object()
}

func (u *User) objectName(o runtime.Object) string {
	m, is := o.(kinds.Object)
	if !is {
		return u.Kinds.NameOf(o)
	}
	return objectText(u.Kinds.NameOf(o), m.GetNamespace(), m.GetName())
}

func nodeObject(name string) string { return objectText(kinds.Node, "", name) }

func podObject(p *apiserver.Pod) string { return objectText(kinds.Pod, p.Namespace(), p.Name()) }
