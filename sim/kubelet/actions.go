package kubelet

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
)

// actions is what a sync does to a pod's containers, in this order: it kills,
// makes a sandbox, starts init containers, starts the others.
// Upstream: podActions in pkg/kubelet/kuberuntime/kuberuntime_manager.go.
type actions struct {
	killPod       bool
	createSandbox bool
	kill          []killing
	init, main    []*Container
}

// killing is a container that is killed by itself.
type killing struct {
	c       *Container
	why     cause
	message string
}

// compute is computePodActions of kuberuntime_manager.go: what the cache shows
// against what the pod asks for.
func (p *Pod) compute() actions {
	if p.boxCached != sandboxReady {
		return p.computeSandbox()
	}
	var a actions
	if initialized := p.computeInit(&a); a.killPod || !initialized {
		return a
	}
	keep := 0
	for _, c := range p.main {
		switch {
		case !c.cached.running:
			if c.restartable() {
				a.main = append(a.main, c)
			}
		case c.failed(c.liveness):
			a.killProbed(c, causeLiveness, "liveness", &a.main)
		case c.failed(c.startup):
			a.killProbed(c, causeStartup, "startup", &a.main)
		default:
			keep++
		}
	}
	if keep == 0 && len(a.main) == 0 {
		a.killPod, a.init = true, nil
	}
	return a
}

// killProbed kills a container whose probe has failed, and starts it again if its
// restart policy lets it: in the same sync, which knows nothing yet of the exit.
func (a *actions) killProbed(c *Container, why cause, probe string, start *[]*Container) {
	message := "Container " + c.Name() + " failed " + probe + " probe"
	restart := c.pod.spec.Spec.RestartPolicy != v1.RestartPolicyNever
	if own := c.plan.Spec.RestartPolicy; own != nil {
		restart = *own != v1.ContainerRestartPolicyNever
	}
	if restart {
		message += ", will be restarted"
		*start = append(*start, c)
	}
	a.kill = append(a.kill, killing{c, why, message})
}

// computeSandbox is for a pod without a sandbox that is ready: everything begins
// anew, except that a pod that is done gets none.
func (p *Pod) computeSandbox() actions {
	a := actions{killPod: true, createSandbox: true}
	policy := p.spec.Spec.RestartPolicy
	if policy == v1.RestartPolicyNever && p.boxCached != noSandbox && p.anySeen() {
		a.createSandbox = false
		return a
	}
	for _, c := range p.main {
		if policy == v1.RestartPolicyOnFailure && c.cached.exited() && c.cached.exit.code == 0 {
			continue
		}
		a.main = append(a.main, c)
	}
	if len(a.main) == 0 && slices.ContainsFunc(p.main, func(c *Container) bool { return c.cached.life >= 0 }) {
		a.createSandbox = false
		return a
	}
	if len(p.init) > 0 {
		a.init, a.main = p.init[:1], nil
	}
	return a
}

// anySeen reports whether a container was ever created.
func (p *Pod) anySeen() bool {
	return slices.ContainsFunc(p.all, func(c *Container) bool { return c.cached.life >= 0 })
}

// hasInitialized reports whether a main container was created in the sandbox of
// now, after which init containers don't hold up the pod
// (HasAnyActiveRegularContainerStarted in pkg/kubelet/container/helpers.go).
func (p *Pod) hasInitialized() bool {
	return slices.ContainsFunc(p.main, func(c *Container) bool { return c.cached.life >= 0 && !c.stale })
}

// computeInit is computeInitContainerActions of kuberuntime_container.go: from the
// last init container back, what is found of it decides. It reports whether the
// main containers may start.
func (p *Pod) computeInit(a *actions) bool {
	if len(p.init) == 0 {
		return true
	}
	initialized := p.hasInitialized()
	previously := initialized
	for i, c := range slices.Backward(p.init) {
		if c.cached.life < 0 {
			if previously && c.sidecar() {
				a.init = append(a.init, c)
			}
			continue
		}
		if previously && !c.sidecar() {
			continue
		}
		if done := p.computeOneInit(a, c, i, previously); done {
			if i == len(p.init)-1 {
				initialized = true
			} else if !previously {
				a.init = append(a.init, p.init[i+1])
			}
		}
		if a.killPod {
			return false
		}
		if c.sidecar() && c.cached.running && c.isInitialized() && c.failed(c.liveness) {
			a.kill = append(a.kill, killing{c, causeLiveness, "Init container " + c.Name() + " failed liveness probe"})
			a.init = append(a.init, c)
		}
		previously = true
	}
	if !previously {
		a.init = append(a.init, p.init[0])
	}
	slices.Reverse(a.init)
	return initialized
}

// computeOneInit looks at an init container that was created, and reports whether
// it has done what those after it wait for.
func (p *Pod) computeOneInit(a *actions, c *Container, i int, previously bool) bool {
	switch {
	case c.cached.running && !c.sidecar():
		return false
	case c.cached.running && c.failed(c.startup):
		a.kill = append(a.kill, killing{c, causeStartup, "Init container " + c.Name() + " failed startup probe"})
		a.init = append(a.init, c)
		return false
	case c.cached.running:
		return c.isInitialized()
	case c.sidecar():
		a.init = append(a.init, c)
		return false
	case c.cached.exit.code != 0:
		if !c.restartable() {
			a.killPod, a.init = true, nil
			return false
		}
		a.init = append(a.init, c)
		return false
	}
	return true
}

// isInitialized reports whether a sidecar that runs holds nobody up: it has no
// startup probe, or that has succeeded.
func (c *Container) isInitialized() bool {
	return c.startup == nil || c.startup.of(c.cached.life) == success
}

// failed reports whether a probe's result for the container that the cache shows
// is a failure.
func (c *Container) failed(p *probe) bool {
	return p != nil && p.of(c.cached.life) == failure
}

// restartable reports whether the kubelet starts the container again after the
// exit that it knows of, or for the first time (ShouldContainerBeRestarted in
// pkg/kubelet/container/helpers.go).
func (c *Container) restartable() bool {
	if c.cached.life < 0 || c.sidecar() {
		return true
	}
	return podutil.ContainerShouldRestart(*c.plan.Spec, c.pod.spec.Spec, c.cached.exit.code)
}

// sidecar reports whether it is an init container that keeps running.
func (c *Container) sidecar() bool { return podutil.IsRestartableInitContainer(c.plan.Spec) }

// results is how a sync went.
type results struct {
	actions    int      // how many there were
	failed     bool     // one of them has
	until      sim.Time // the first end of a back-off among the failures
	transition bool     // the pod is on its way to its end
}

func (r *results) fail(until sim.Time) {
	r.failed, r.until = true, min(r.until, until)
}
