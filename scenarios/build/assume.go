package build

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	schedulinghelper "k8s.io/kubernetes/pkg/apis/scheduling/v1"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// What a container is taken to do when no workload entry describes it. These
// are round numbers for a small web service, meant to be replaced; every one
// that is used is printed.
const (
	assumedImage   = 500 << 20 // bytes; a Python or JVM service
	assumedStart   = 5 * time.Second
	assumedMemory  = 128 << 20 // bytes, where there is no request to halve
	assumedPerTask = 8 << 20   // bytes a request in flight
	assumedTime    = 0.2       // seconds, the median of a request
	assumedTimeP99 = 1.0       // seconds
	assumedCPU     = 0.05      // cores a request in service
	assumedTimeout = 30 * time.Second
	assumedWarmUp  = time.Minute      // before the first request, so that a cold cluster does not count
	assumedInit    = 10 * time.Second // an init container works, such as for a small download
)

func (b *builder) assumption(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if b.stated == nil {
		b.stated = map[string]bool{}
	}
	if !b.stated[text] {
		b.stated[text] = true
		b.spec.Assumptions = append(b.spec.Assumptions, text)
	}
}

// assume fills in what nobody said and states it.
func (b *builder) assume() {
	described, serving := b.spec.Workloads, b.serving()
	assumed := map[string]bool{}
	for t := range b.objects.everyTemplate {
		first := func(c v1.Container) bool {
			key := t.key() + " " + c.Name
			defer func() { assumed[key] = true }()
			return !assumed[key] && !isDescribed(t, c, described)
		}
		for _, c := range t.spec.InitContainers {
			if first(c) {
				b.assumeInit(t, c)
			}
		}
		for _, c := range t.spec.Containers {
			if first(c) {
				b.assumeBehaviour(t, c, serving[t.ref])
			}
		}
	}
	for _, t := range b.objects.templates() {
		b.assumeReferences(t)
		b.checkEnds(t, described)
		b.checkPriority(t)
		b.assumeScheduler(t)
		if len(t.spec.ReadinessGates) > 0 {
			b.assumption("%s: readiness gates are taken to be true", t.key())
		}
	}
	b.assumeTimes()
	for _, s := range b.objects.services() {
		if len(s.Spec.Selector) > 0 && len(b.objects.selected(s)) == 0 {
			b.assumption("Service %s/%s: its selector matches no pod of the manifests", s.Namespace, s.Name)
		}
	}
}

// isDescribed reports whether a description fits a container of all pods.
func isDescribed(t template, c v1.Container, described []cluster.Workload) bool {
	return slices.ContainsFunc(described, func(w cluster.Workload) bool {
		return len(w.Indexes) == 0 && w.Matches(t.ref.Kind, t.ref.Namespace, t.ref.Name, c.Name)
	})
}

// assumedBase is the memory that a container is taken to hold, in bytes.
func assumedBase(c v1.Container) int64 {
	if request := c.Resources.Requests.Memory().Value(); request > 0 {
		return request / 2
	}
	if limit := c.Resources.Limits.Memory().Value(); limit > 0 {
		return min(assumedMemory, limit/2)
	}
	return assumedMemory
}

// assumeInit gives an init container that nothing describes a behaviour: a native
// sidecar runs on, the others work for a while and end well.
func (b *builder) assumeInit(t template, c v1.Container) {
	base := assumedBase(c)
	w := cluster.Workload{
		Kind: t.ref.Kind, Namespace: t.ref.Namespace, Name: t.ref.Name, Container: c.Name,
		Behaviour: kubelet.Behaviour{ImageSize: assumedImage, Memory: kubelet.Memory{Base: base}},
	}
	if c.RestartPolicy != nil && *c.RestartPolicy == v1.ContainerRestartPolicyAlways {
		w.Behaviour.Start = distribution.Constant(assumedStart.Seconds())
		b.assumption("%s sidecar %s: image %s, listens %s after its start, memory %s", t.key(), c.Name,
			bytesText(assumedImage), assumedStart, bytesText(base))
	} else {
		w.Behaviour.Runs, w.Behaviour.OnTerminate = distribution.Constant(assumedInit.Seconds()), kubelet.Exit
		b.assumption("%s init container %s: image %s, ends well after %s, memory %s", t.key(), c.Name,
			bytesText(assumedImage), assumedInit, bytesText(base))
	}
	b.spec.Workloads = append(b.spec.Workloads, w)
}

// assumeBehaviour gives a container that nothing describes a behaviour.
func (b *builder) assumeBehaviour(t template, c v1.Container, serves bool) {
	base := assumedBase(c)
	w := cluster.Workload{
		Kind: t.ref.Kind, Namespace: t.ref.Namespace, Name: t.ref.Name, Container: c.Name,
		Behaviour: kubelet.Behaviour{
			ImageSize: assumedImage, Start: distribution.Constant(assumedStart.Seconds()),
			Memory: kubelet.Memory{Base: base, PerRequest: assumedPerTask},
		},
	}
	text := fmt.Sprintf("%s container %s: image %s, listens %s after its start, memory %s + %s a request in flight",
		t.key(), c.Name, bytesText(assumedImage), assumedStart, bytesText(base), bytesText(assumedPerTask))
	if serves {
		w.Server = load.Server{
			Program: []load.Step{load.Work{Time: distribution.LogNormalFromMedianP99(assumedTime, assumedTimeP99),
				CPU: assumedCPU}},
			Concurrency: defaultConcurrency, Queue: defaultQueue,
		}
		text += fmt.Sprintf(", requests take 200ms (p99 1s) and %dm CPU, %d at once", int(assumedCPU*1000),
			defaultConcurrency)
	}
	text += b.assumeTask(t, &w)
	b.spec.Workloads = append(b.spec.Workloads, w)
	b.assumption("%s", text)
}

func bytesText(n int64) string { return resource.NewQuantity(n, resource.BinarySI).String() }

// serving are the objects whose pods are selected by a Service that gets
// requests.
func (b *builder) serving() map[cluster.ObjectRef]bool {
	found := map[cluster.ObjectRef]bool{}
	used := map[string]bool{}
	for _, stream := range b.spec.Traffic {
		used[stream.Namespace+"/"+stream.Service] = true
	}
	for _, w := range b.spec.Workloads {
		for _, callee := range calls(w.Server.Program) {
			used[callee] = true
		}
	}
	for _, s := range b.objects.services() {
		if !used[s.Namespace+"/"+s.Name] {
			continue
		}
		for _, t := range b.objects.selected(s) {
			found[t.ref] = true
		}
	}
	return found
}

// assumeReferences states which Secrets and ConfigMaps are taken to exist.
func (b *builder) assumeReferences(t template) {
	note := func(kind, name string, optional *bool) {
		ref := objectRef(kind, t.ref.Namespace, name)
		if _, declared := b.objects.byName[ref]; declared || name == "" || (optional != nil && *optional) ||
			slices.Contains(b.spec.Absent, ref) {
			return
		}
		b.assumption("%s %s/%s is taken to exist", kind, ref.Namespace, name)
	}
	for _, list := range [][]v1.Container{t.spec.InitContainers, t.spec.Containers} {
		for _, c := range list {
			for _, e := range c.EnvFrom {
				if e.SecretRef != nil {
					note("Secret", e.SecretRef.Name, e.SecretRef.Optional)
				}
				if e.ConfigMapRef != nil {
					note("ConfigMap", e.ConfigMapRef.Name, e.ConfigMapRef.Optional)
				}
			}
			for _, e := range c.Env {
				if e.ValueFrom == nil {
					continue
				}
				if r := e.ValueFrom.SecretKeyRef; r != nil {
					note("Secret", r.Name, r.Optional)
				}
				if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
					note("ConfigMap", r.Name, r.Optional)
				}
			}
		}
	}
}

// checkPriority refuses an unknown PriorityClass as the admission plugin does.
func (b *builder) checkPriority(t template) {
	name := t.spec.PriorityClassName
	if name == "" {
		return
	}
	if _, declared := b.objects.byName[objectRef("PriorityClass", "", name)]; declared {
		return
	}
	for _, c := range schedulinghelper.SystemPriorityClasses() {
		if c.Name == name {
			return
		}
	}
	source := b.objects.byName[t.ref].Source
	b.List = append(b.List, wire.Fault{Kind: wire.Unmatched, Error: wire.Error{
		File: source.File, Line: source.Lines.Of("spec"), Field: "priorityClassName",
		Message: fmt.Sprintf("no PriorityClass with name %s was found", name),
	}})
}
