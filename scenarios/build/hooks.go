package build

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
)

// hook is one of the two lifecycle hooks: what manifests and descriptions have of it.
type hook struct {
	name string
	of   func(*v1.Lifecycle) *v1.LifecycleHandler
	read func(*v1.LifecycleHandler) (hooks.Hook, bool)
	said func(hooks.Hooks) hooks.Hook
	// loops is what a command that loops is taken to wait for.
	loops string
}

var bothHooks = []hook{
	{"preStop", func(l *v1.Lifecycle) *v1.LifecycleHandler { return l.PreStop }, hooks.PreStop,
		func(h hooks.Hooks) hooks.Hook { return h.PreStop }, "no request is in flight"},
	{"postStart", func(l *v1.Lifecycle) *v1.LifecycleHandler { return l.PostStart }, hooks.PostStart,
		func(h hooks.Hooks) hooks.Hook { return h.PostStart }, "the process listens"},
}

// assumeHooks states how long the hooks are taken to take of which nobody says it.
func (b *builder) assumeHooks(t objects.Template) {
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		for _, h := range bothHooks {
			if c.Lifecycle != nil && !b.saysHook(t, c, h) {
				b.assumeHook(t, c.Name, h, h.of(c.Lifecycle))
			}
		}
	}
}

// saysHook reports whether a description says how long the hook of a container takes.
func (b *builder) saysHook(t objects.Template, c v1.Container, h hook) bool {
	return slices.ContainsFunc(b.spec.Workloads, func(w cluster.Workload) bool {
		return w.Pods.All() && w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) &&
			h.said(w.Behaviour.Hooks).Timed()
	})
}

func (b *builder) assumeHook(t objects.Template, container string, h hook, handler *v1.LifecycleHandler) {
	read, known := h.read(handler)
	of := fmt.Sprintf("%s container %s: its %s", t.Key(), container, h.name)
	say := func(what string) { b.assumption("%s %s; hooks.%s of its workload says otherwise", of, what, h.name) }
	switch taken, _ := read.Takes.(distribution.Constant); {
	case known:
	case handler.Exec == nil && h.name == "postStart" && hooks.Asks(handler):
		say("request is answered at once when the process listens, and else fails")
	case handler.Exec == nil:
		say("request is answered at once")
	case read.Until != hooks.Passed:
		say("command loops until " + h.loops)
	case taken > 0:
		say("command takes " + time.Duration(float64(taken)*float64(time.Second)).Round(time.Millisecond).String() +
			", the sleeps of its text")
	default:
		say("command returns at once")
	}
}

// checkHooks holds that what an entry says of hooks is of hooks that a container has.
func (b *builder) checkHooks(at string, of cluster.Workload, said *wire.Hooks) {
	if said == nil {
		return
	}
	for i, given := range [...]*wire.Hook{said.PreStop, said.PostStart} {
		if h := bothHooks[i]; given != nil && !b.hasHook(of, h) {
			b.unmatched(at+"."+h.name, "must be of a container with a %s hook, got none", h.name)
		}
	}
}

func (b *builder) hasHook(of cluster.Workload, h hook) bool {
	for t := range b.objects.EveryTemplate {
		for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
			if c.Lifecycle != nil && h.of(c.Lifecycle) != nil && of.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				return true
			}
		}
	}
	return false
}
