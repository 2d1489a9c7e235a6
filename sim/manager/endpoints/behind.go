package endpoints

import (
	"cmp"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

// behind is the pods that a Service selects, in the order they came, as the last sync has
// seen them. A sync looks only at those that were written since.
type behind[T any] struct {
	known     bool // the lists hold all that the Service selects
	pods      []*apiserver.Pod
	endpoints []endpoint // of each
	targets   []T        // of each
	written   []*apiserver.Pod
	waiting   map[*apiserver.Pod]bool // is written
}

// endpoint is what the EndpointSlices of a Service hold of a pod; the zero value is of
// one that they don't hold.
type endpoint struct {
	pod                types.UID
	ready, terminating bool
}

// endpointOf is that of a pod that has an address, which it has once a container of it
// has started (ShouldPodBeInEndpoints in k8s.io/endpointslice).
func endpointOf(p *apiserver.Pod) (e endpoint) {
	status := &p.Object().Status
	if !podutil.IsPodPhaseTerminal(status.Phase) && len(status.InitContainerStatuses)+len(status.ContainerStatuses) > 0 {
		e = endpoint{p.Object().UID, podutil.IsPodReady(p.Object()), p.Deleting()}
	}
	return e
}

// untold reports whether what the proxies know of a pod may change without a write that
// tells of it: a server that is not ready is there before that.
func untold(s *v1.Service) bool { return s.Spec.PublishNotReadyAddresses }

// changed notes a pod that the next sync has to look at.
func (b *behind[T]) changed(p *apiserver.Pod) {
	if !b.known || b.waiting[p] {
		return // which looks at all, or at this one
	}
	if b.waiting == nil {
		b.waiting = map[*apiserver.Pod]bool{}
	}
	b.waiting[p] = true
	b.written = append(b.written, p)
}

// look brings the pods behind the Service up to date. It reports whether its
// EndpointSlices change.
func (s *state[T]) look() (changed bool) {
	b := &s.behind
	if !b.known || s.c.LookAlways || s.c.untold(s.api) {
		return s.lookAtAll()
	}
	for _, p := range b.written {
		at, there := slices.BinarySearchFunc(b.pods, p, byTurn)
		selected := !p.Gone() && s.selector.Matches(labels.Set(p.Object().Labels))
		switch {
		case !selected && there:
			changed = changed || b.endpoints[at] != endpoint{}
			b.pods = slices.Delete(b.pods, at, at+1)
			b.endpoints = slices.Delete(b.endpoints, at, at+1)
			b.targets = slices.Delete(b.targets, at, at+1)
		case selected && !there:
			b.pods = slices.Insert(b.pods, at, p)
			b.endpoints = slices.Insert(b.endpoints, at, endpoint{})
			var none T
			b.targets = slices.Insert(b.targets, at, none)
			fallthrough
		case selected:
			now := endpointOf(p)
			changed = changed || b.endpoints[at] != now
			b.endpoints[at], b.targets[at] = now, s.c.proxies.Target(s.api, p)
		}
	}
	b.written = b.written[:0]
	clear(b.waiting)
	return changed
}

func byTurn(a, b *apiserver.Pod) int { return cmp.Compare(a.Came(), b.Came()) }

func (s *state[T]) lookAtAll() (changed bool) {
	b := &s.behind
	before := b.endpoints
	*b = behind[T]{known: true, pods: s.c.Selected(s.api.Namespace, s.selector)}
	for _, p := range b.pods {
		b.endpoints = append(b.endpoints, endpointOf(p))
		b.targets = append(b.targets, s.c.proxies.Target(s.api, p))
	}
	return !slices.Equal(held(before), held(b.endpoints))
}

// held are those that the EndpointSlices hold.
func held(list []endpoint) []endpoint {
	return slices.DeleteFunc(slices.Clone(list), func(e endpoint) bool { return e == endpoint{} })
}
