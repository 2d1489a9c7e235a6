package kubelet

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet/backoff"
	"github.com/kube-rehearse/rehearse/sim/kubelet/pulls"
)

// failedPulls is the back-off of an image that a pod could not pull, and what the
// runtime said. Upstream: imageManager in pkg/kubelet/images/image_manager.go.
type failedPulls struct {
	backoff backoff.Backoff
	message string
}

// pull waits for the container's image. It reports false when the node does not get it.
func (p *Pod) pull(now sim.Time, c *Container, then func(now sim.Time, ok bool)) {
	image := c.plan.Spec.Image
	w := pulls.Wanted{Image: image, Size: c.plan.Behaviour.ImageSize, Unpullable: c.plan.Behaviour.Unpullable,
		Always: c.plan.Spec.ImagePullPolicy == v1.PullAlways}
	if failed := p.pulls[image]; failed != nil && !p.host.images.Has(now, w) && failed.backoff.Holds(now) {
		p.wait(now, Waiting{Container: c.Name(), Reason: "ImagePullBackOff",
			Message: fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", image, failed.message)})
		then(now, false)
		return
	}
	here := false
	p.host.images.Ensure(now, w, p.alivePull(func(at sim.Time, got pulls.Pull) {
		here = at == now
		if got.Failed {
			p.pullFailed(at, c)
			then(at, false)
			return
		}
		if !got.Cached {
			p.observer.Pulled(at, image, c.plan.Behaviour.ImageSize, got.Wait, got.Took)
		}
		then(at, true)
	}))
	if !here {
		p.wait(now, Waiting{Container: c.Name(), Reason: "ContainerCreating", Message: "Pulling image " + image})
	}
}

// pullFailed notes a pull that has failed, in containerd's words.
func (p *Pod) pullFailed(now sim.Time, c *Container) {
	image := c.plan.Spec.Image
	failed := p.pulls[image]
	if failed == nil {
		if p.pulls == nil {
			p.pulls = map[string]*failedPulls{}
		}
		failed = &failedPulls{backoff: backoff.Backoff{Longest: backoff.Max}}
		p.pulls[image] = failed
	}
	failed.backoff.Next(now, now)
	failed.message = fmt.Sprintf("failed to pull and unpack image %q: failed to resolve reference %q: ", image, image)
	if c.plan.Behaviour.Unpullable == sim.Never {
		failed.message += image + ": not found"
	} else {
		failed.message += "the registry does not answer"
	}
	p.wait(now, Waiting{Container: c.Name(), Reason: "ErrImagePull", Message: failed.message})
}

func (p *Pod) alivePull(f func(sim.Time, pulls.Pull)) func(sim.Time, pulls.Pull) {
	crashes := p.crashes
	return func(now sim.Time, got pulls.Pull) {
		if p.crashes == crashes {
			f(now, got)
		}
	}
}
