package build

import (
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	schedulinghelper "k8s.io/kubernetes/pkg/apis/scheduling/v1"

	"github.com/kube-rehearse/rehearse/scenarios/devices"
	"github.com/kube-rehearse/rehearse/scenarios/guess"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/recognise"
	"github.com/kube-rehearse/rehearse/scenarios/volumes"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/scenarios/written"
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
	assumedPart    = 0.02      // seconds, the median of a request to one of several services that call each other
	assumedPartP99 = 0.2       // seconds
	assumedPartCPU = 0.1       // cores
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
	described := b.spec.Workloads
	serving := b.serving(described)
	assumed := map[string]bool{}
	if len(described) == 0 { // most get a description here
		b.spec.Workloads = slices.Grow(b.spec.Workloads, len(b.objects.Templates()))
	}
	for t := range b.objects.EveryTemplate {
		first := func(c v1.Container) bool {
			key := t.Key() + " " + c.Name
			defer func() { assumed[key] = true }()
			return !assumed[key] && !isDescribed(t, c, described)
		}
		for _, c := range t.Spec.InitContainers {
			if first(c) {
				b.assumeInit(t, c)
			}
		}
		for _, c := range t.Spec.Containers {
			if first(c) {
				b.assumeBehaviour(t, c, serving[t.Ref])
			}
		}
	}
	for _, t := range b.objects.Templates() {
		for _, r := range b.objects.Unmade(t, b.spec.Absent) {
			b.assumption("%s %s/%s is taken to exist", r.Kind, r.Namespace, r.Name)
		}
		b.checkEnds(t, described)
		b.checkPriority(t)
		b.assumeScheduler(t)
		b.assumeHooks(t)
		b.assumePodLevel(t)
		b.assumeRestarts(t)
		written.Assume(t, b.spec.Workloads, b.assumption)
	}
	b.assumeTimes()
	devices.Complete(devices.Input{Given: &b.devices, Objects: &b.objects, Spec: b.spec, Assume: b.assumption,
		Fault: b.fault})
	volumes.Complete(volumes.Input{Given: &b.storage, Objects: &b.objects, Spec: b.spec, Assume: b.assumption,
		Fault: b.fault})
	for _, s := range b.objects.Services() {
		if len(s.Spec.Selector) > 0 && len(b.objects.Selected(s)) == 0 {
			b.assumption("Service %s/%s: its selector matches no pod of the manifests", s.Namespace, s.Name)
		}
	}
}

// isDescribed reports whether a description fits a container of all pods.
func isDescribed(t objects.Template, c v1.Container, described []cluster.Workload) bool {
	return slices.ContainsFunc(described, func(w cluster.Workload) bool {
		return w.Pods.All() && w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name)
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

// assumedWork is what a request is taken to make a container do: of one among several
// that call each other less than where it does all.
func (b *builder) assumedWork(t objects.Template) (work load.Work, told string) {
	median, p99, cpu := assumedTime, assumedTimeP99, assumedCPU
	if b.calling()[t.Ref] {
		median, p99, cpu = assumedPart, assumedPartP99, assumedPartCPU
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return load.Work{Time: distribution.LogNormalFromMedianP99(median, p99), CPU: cpu},
		fmt.Sprintf("%s (p99 %s) and %.0fm CPU", seconds(median), seconds(p99), cpu*1000)
}

// calling are the objects whose pods are taken to call others, or to be called.
func (b *builder) calling() map[cluster.ObjectRef]bool {
	if b.inGraph != nil {
		return b.inGraph
	}
	found := map[cluster.ObjectRef]bool{}
	b.inGraph = found
	for _, t := range b.objects.Templates() {
		for _, c := range t.Spec.Containers {
			for _, key := range b.calls[t.Key()+" "+c.Name] {
				found[t.Ref] = true
				namespace, name, _ := strings.Cut(key, "/")
				if s, is := b.objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service); is {
					for _, callee := range b.objects.Selected(s) {
						found[callee.Ref] = true
					}
				}
			}
		}
	}
	return found
}

// assumedOfRequest is the memory that a request in flight is taken to hold, in bytes:
// not more than that as many as are worked on at once, or wait, keep within the limit,
// which somebody chose for what runs there.
func assumedOfRequest(c v1.Container, base int64) int64 {
	limit := c.Resources.Limits.Memory().Value()
	if limit == 0 {
		return assumedPerTask
	}
	const step = 64 << 10 // a round number of KiB
	return max(min(assumedPerTask, (limit-base)*9/10/(defaultConcurrency+defaultQueue)/step*step), step)
}

// assumeInit gives an init container that nothing describes a behaviour: a native
// sidecar runs on, the others work for a while and end well.
func (b *builder) assumeInit(t objects.Template, c v1.Container) {
	base := assumedBase(c)
	w := cluster.Workload{
		Kind: t.Ref.Kind, Namespace: t.Ref.Namespace, Name: t.Ref.Name, Container: c.Name,
		Behaviour: kubelet.Behaviour{ImageSize: assumedImage, Memory: kubelet.Memory{Base: base}},
	}
	if c.RestartPolicy != nil && *c.RestartPolicy == v1.ContainerRestartPolicyAlways {
		w.Behaviour.Start = distribution.Constant(assumedStart.Seconds())
		b.assumption("%s sidecar %s: image %s, listens %s after its start, memory %s", t.Key(), c.Name,
			bytesText(assumedImage), assumedStart, bytesText(base))
	} else {
		w.Behaviour.Runs, w.Behaviour.OnTerminate = distribution.Constant(assumedInit.Seconds()), kubelet.Exit
		b.assumption("%s init container %s: image %s, ends well after %s, memory %s", t.Key(), c.Name,
			bytesText(assumedImage), assumedInit, bytesText(base))
	}
	b.spec.Workloads = append(b.spec.Workloads, w)
}

// assumeBehaviour gives a container that nothing describes a behaviour.
func (b *builder) assumeBehaviour(t objects.Template, c v1.Container, serves bool) {
	if p, is := recognise.Of(&c); is {
		b.assumeProgram(t, c, p, serves)
		return
	}
	base := assumedBase(c)
	perTask := assumedOfRequest(c, base)
	w := cluster.Workload{
		Kind: t.Ref.Kind, Namespace: t.Ref.Namespace, Name: t.Ref.Name, Container: c.Name,
		Behaviour: kubelet.Behaviour{
			ImageSize: assumedImage, Start: distribution.Constant(assumedStart.Seconds()),
			Memory: kubelet.Memory{Base: base, PerRequest: perTask},
		},
	}
	text := fmt.Sprintf("%s container %s: image %s, listens %s after its start, memory %s + %s a request in flight",
		t.Key(), c.Name, bytesText(assumedImage), assumedStart, bytesText(base), bytesText(perTask))
	if serves {
		work, told := b.assumedWork(t)
		w.Server = load.Server{Program: []load.Step{work}, Concurrency: defaultConcurrency, Queue: defaultQueue}
		text += fmt.Sprintf(", requests take %s, %d at once", told, defaultConcurrency)
	}
	text += b.assumeTask(t, &w)
	b.assumption("%s", text)
	b.callsOf(t, c, &w)
	b.guessed(t, c, w)
}

func bytesText(n int64) string { return resource.NewQuantity(n, resource.BinarySI).String() }

// serving are the objects whose pods are selected by a Service that gets
// requests, from outside or from those that do.
func (b *builder) serving(described []cluster.Workload) map[cluster.ObjectRef]bool {
	found := map[cluster.ObjectRef]bool{}
	used := map[string]bool{}
	var use func(key string)
	use = func(key string) {
		namespace, name, _ := strings.Cut(key, "/")
		s, is := b.objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service)
		if used[key] || !is {
			return
		}
		used[key] = true
		for _, t := range b.objects.Selected(s) {
			found[t.Ref] = true
			for _, c := range t.Spec.Containers {
				if !isDescribed(t, c, described) {
					for _, callee := range b.calls[t.Key()+" "+c.Name] {
						use(callee)
					}
				}
			}
		}
	}
	for _, stream := range b.spec.Traffic {
		use(stream.Namespace + "/" + stream.Service)
	}
	for _, w := range described {
		for _, callee := range calls(w.Server.Program) {
			use(callee)
		}
	}
	return found
}

// checkPriority refuses an unknown PriorityClass as the admission plugin does.
func (b *builder) checkPriority(t objects.Template) {
	name := t.Spec.PriorityClassName
	if name == "" {
		return
	}
	if _, declared := b.objects.ByName[objects.Ref("PriorityClass", "", name)]; declared {
		return
	}
	for _, c := range schedulinghelper.SystemPriorityClasses() {
		if c.Name == name {
			return
		}
	}
	source := b.objects.ByName[t.Ref].Source
	b.List = append(b.List, wire.Fault{Kind: wire.Unmatched, Error: wire.Error{
		File: source.File, Line: source.Lines.Of("spec"), Field: "priorityClassName",
		Message: fmt.Sprintf("no PriorityClass with name %s was found", name),
	}})
}

// guessed adds the description of a container that nobody described.
func (b *builder) guessed(t objects.Template, c v1.Container, w cluster.Workload) {
	b.spec.Guesses = append(b.spec.Guesses, guess.Of(t.Key(), c.Name, w, len(b.spec.Workloads))...)
	b.spec.Workloads = append(b.spec.Workloads, w)
}
