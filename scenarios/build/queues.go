package build

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/scenarios/exports"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// queues reads the message queues.
func (b *builder) queues(list []wire.Queue) {
	for i, q := range list {
		at := fmt.Sprintf("queues[%d]", i)
		if b.broken(at) {
			continue
		}
		if q.Name == "" || q.Consumer.Target == "" {
			continue // which was said
		}
		if b.queueKey(q.Name) != "" {
			b.fault(at+".name", "must be unique, got %q twice", q.Name)
		}
		if _, real := b.objects.ByName[objects.Ref("Service", "queue", q.Name)]; real {
			b.unmatched(at+".name", "must be another than that of Service %s of namespace queue, got %q", q.Name, q.Name)
		}
		r, err := b.objects.Find(q.Consumer.Target, b.namespace(q.Consumer.Namespace))
		if err != nil {
			b.refuse(at+".consumer.target", err)
			continue
		}
		made := cluster.Queue{Key: cluster.QueueKey(q.Name), Workload: r.Namespace + "/" + r.Kind + "/" + r.Name,
			Container: q.Consumer.Container}
		if q.RedeliverAfter != nil {
			made.Redeliver = time.Duration(*q.RedeliverAfter)
		}
		b.consumes(at+".consumer", r, q.Consumer.Container)
		b.spec.Queues = append(b.spec.Queues, made)
	}
}

// queueKey is the key of a declared queue, "" for another.
func (b *builder) queueKey(name string) string {
	key := cluster.QueueKey(name)
	if slices.ContainsFunc(b.spec.Queues, func(q cluster.Queue) bool { return q.Key == key }) {
		return key
	}
	return ""
}

// consumes holds that a container of the workload can work on messages.
func (b *builder) consumes(at string, r cluster.ObjectRef, container string) {
	for _, t := range b.objects.Templates() {
		if t.Ref != r {
			continue
		}
		for _, c := range t.Spec.Containers {
			if container != "" && c.Name != container {
				continue
			}
			for _, w := range b.spec.Workloads {
				if !w.Matches(r.Kind, r.Namespace, r.Name, c.Name) {
					continue
				}
				if w.Server.Program == nil {
					break
				}
				if w.Server.Concurrency == 0 {
					b.unmatched(at,
						"must have a service.concurrency of at least 1 in workloads, which is how many messages are pulled at a time, got 0")
				}
				return
			}
		}
	}
	b.unmatched(at, "must have a container whose service workloads describes, got %s/%s", r.Kind, r.Name)
}

// scaledObjects holds that every trigger has something that gives it a value,
// also those of objects that a step applies.
func (b *builder) scaledObjects() {
	for _, r := range b.objects.Order {
		o := b.objects.ByName[r]
		s, is := o.Object.(*keda.ScaledObject)
		if !is {
			continue
		}
		fault := func(field, format string, arguments ...any) {
			b.List = append(b.List, wire.Fault{Kind: wire.Unmatched, Error: wire.Error{
				File: o.Source.File, Line: o.Source.Lines.Of(field), Field: field, Message: fmt.Sprintf(format, arguments...),
			}})
		}
		if !exports.HasTarget(&b.objects, s) {
			fault("spec.scaleTargetRef.name", "must name a %s of the manifests, got %q", s.TargetKind(),
				s.Spec.ScaleTargetRef.Name)
		}
		for i, t := range s.Spec.Triggers {
			if t.IsResource() || b.valued(s.Namespace, t.Source()) {
				continue
			}
			at := fmt.Sprintf("spec.triggers[%d]", i)
			if t.Source() == "" {
				fault(at, "must have a name, so that an entry of the scenario's metrics can give trigger %s its value", t.Type)
				continue
			}
			fault(at, "must have a value for trigger %s: add %q to the scenario's queues, or to its metrics with namespace %s",
				t.Type, t.Source(), s.Namespace)
		}
	}
}

// valued reports whether a queue, a metric or a step gives a value of that name.
func (b *builder) valued(namespace, name string) bool {
	if name == "" {
		return false
	}
	set := slices.ContainsFunc(b.spec.Timeline, func(s cluster.Step) bool {
		a, is := s.Action.(cluster.SetMetric)
		return is && a.Namespace == namespace && a.Name == name
	})
	return set || b.queueKey(name) != "" || slices.ContainsFunc(b.spec.Metrics, func(m cluster.Metric) bool {
		return m.Namespace == namespace && m.Name == name
	})
}

// leaveOutScaledObjects leaves out those that do not work, in a run of manifests alone.
func (b *builder) leaveOutScaledObjects() {
	b.spec.Objects = slices.DeleteFunc(b.spec.Objects, func(object runtime.Object) bool {
		s, is := object.(*keda.ScaledObject)
		if !is {
			return false
		}
		why := exports.WithoutValue(&b.objects, s, b.valued)
		if why != "" {
			source := b.objects.ByName[objects.RefOf(object)].Source
			b.spec.Ignored = append(b.spec.Ignored, record.Ignored{
				Object: objects.NameOf(s), Source: fmt.Sprintf("%s:%d", source.File, source.Lines.Of("kind")), Reason: why,
			})
		}
		return why != ""
	})
}
