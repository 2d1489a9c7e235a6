package build

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// assumeHooks states how long the hooks are taken to take of which nobody can read it.
func (b *builder) assumeHooks(t objects.Template) {
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		if c.Lifecycle == nil {
			continue
		}
		b.assumeHook(t, c.Name, "preStop", c.Lifecycle.PreStop)
		b.assumeHook(t, c.Name, "postStart", c.Lifecycle.PostStart)
	}
}

func (b *builder) assumeHook(t objects.Template, container, name string, hook *v1.LifecycleHandler) {
	taken, known := kubelet.HookTime(hook)
	switch {
	case known:
	case hook.Exec == nil:
		b.assumption("%s container %s: its %s request is answered at once", t.Key(), container, name)
	case taken > 0:
		b.assumption("%s container %s: its %s command takes %s, the sleeps of its text", t.Key(), container, name,
			taken.Round(time.Millisecond))
	default:
		b.assumption("%s container %s: its %s command returns at once", t.Key(), container, name)
	}
}
