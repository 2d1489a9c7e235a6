//go:build kubeletoracle

package oracle

import (
	"fmt"
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// image is on the node.
const image = "i:1"

// story is a random pod, what its processes do, and what happens to it.
type story struct {
	seed     uint64
	pod      *v1.Pod
	programs map[string]*program // by container
	takes    takes
	at       time.Duration // of its binding
	deletion time.Duration // 0 is never
	grace    int64         // of the deletion; 0 is by force
	until    time.Duration
}

// writer draws a story.
type writer struct {
	*rand.Rand
	s *story
}

// longest is how long the longest stories are, in milliseconds.
const longest = 200_000

// write draws the story of a seed.
func write(seed uint64) *story {
	name := fmt.Sprintf("p%d", seed)
	w := &writer{rand.New(rand.NewPCG(seed, 7)), &story{seed: seed, programs: map[string]*program{}}}
	s := w.s
	s.at, s.until = w.between(2000, 4000), w.between(40_000, longest)
	s.takes = takes{sandbox: w.between(1, 400), container: w.between(1, 200), started: w.between(1, 20),
		signal: w.between(1, 40),
		exit:   w.between(1, 100), stopSandbox: w.between(1, 300), cleanup: w.between(1, 100), relist: w.between(1, 20)}
	grace := int64(1 + w.IntN(12))
	s.pod = &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "d", UID: types.UID(name)}, Spec: v1.PodSpec{
		RestartPolicy:                 w.policy(),
		TerminationGracePeriodSeconds: &grace, SecurityContext: &v1.PodSecurityContext{}, NodeName: nodeName,
		DNSPolicy: v1.DNSDefault}}
	for i := range 1 + w.IntN(2) {
		s.pod.Spec.Containers = append(s.pod.Spec.Containers, w.container(fmt.Sprintf("c%d", i)))
	}
	for i := range w.IntN(6) / 3 * (1 + w.IntN(2)) {
		s.pod.Spec.InitContainers = append(s.pod.Spec.InitContainers, w.initContainer(fmt.Sprintf("i%d", i)))
	}
	w.ending(grace)
	return s
}

// between draws milliseconds, and a part of one that nothing else has.
func (w *writer) between(low, high int) time.Duration {
	return time.Duration(low+w.IntN(high-low))*time.Millisecond + time.Duration(w.IntN(1000))*time.Microsecond
}

// one reports true once in n times.
func (w *writer) one(n int) bool { return w.IntN(n) == 0 }

func (w *writer) policy() v1.RestartPolicy {
	return []v1.RestartPolicy{v1.RestartPolicyAlways, v1.RestartPolicyAlways, v1.RestartPolicyOnFailure,
		v1.RestartPolicyNever}[w.IntN(4)]
}

func (w *writer) probe() *v1.Probe {
	return &v1.Probe{ProbeHandler: v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"probe"}}}, TimeoutSeconds: 1,
		PeriodSeconds: int32(1 + w.IntN(12)), FailureThreshold: int32(1 + w.IntN(3)), SuccessThreshold: 1,
		InitialDelaySeconds: int32(w.IntN(2) * w.IntN(9))}
}

// program draws what the processes of a container do.
func (w *writer) program(name string, listen int) *program {
	p := &program{Listen: w.between(1, listen), Deaf: w.one(4), Polite: w.one(2), Codes: []int32{0}}
	for range w.IntN(5) {
		p.Lives = append(p.Lives, w.between(200, 30_000))
	}
	if w.one(4) {
		p.Sick = p.Listen + w.between(1000, 60_000)
	}
	for range 4 {
		p.Codes = append(p.Codes, int32(w.IntN(2)))
	}
	p.Codes = p.Codes[1:]
	w.s.programs[name] = p
	return p
}

func (w *writer) container(name string) v1.Container {
	c := v1.Container{Name: name, Image: image, ImagePullPolicy: v1.PullIfNotPresent}
	w.program(name, []int{800, 9000}[w.IntN(2)])
	w.probes(&c)
	w.hooks(&c)
	return c
}

func (w *writer) probes(c *v1.Container) {
	if w.one(2) {
		c.ReadinessProbe = w.probe()
		c.ReadinessProbe.SuccessThreshold = int32(1 + w.IntN(2))
	}
	if w.one(3) {
		c.LivenessProbe = w.probe()
		w.ownGrace(c.LivenessProbe)
	}
	if w.one(3) {
		c.StartupProbe = w.probe()
		c.StartupProbe.FailureThreshold += int32(w.IntN(5))
		w.ownGrace(c.StartupProbe)
	}
}

func (w *writer) ownGrace(p *v1.Probe) {
	if w.one(3) {
		grace := int64(1 + w.IntN(9))
		p.TerminationGracePeriodSeconds = &grace
	}
}

func (w *writer) hooks(c *v1.Container) {
	if w.one(4) {
		c.Lifecycle = &v1.Lifecycle{PreStop: w.hook()}
	}
	if w.one(8) {
		if c.Lifecycle == nil {
			c.Lifecycle = &v1.Lifecycle{}
		}
		c.Lifecycle.PostStart = w.hook()
	}
}

func (w *writer) hook() *v1.LifecycleHandler {
	if w.one(2) {
		return &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: int64(1 + w.IntN(6))}}
	}
	return &v1.LifecycleHandler{
		Exec: &v1.ExecAction{Command: []string{"sleep", fmt.Sprintf("%d.%03d", w.IntN(6), w.IntN(1000))}}}
}

// initContainer is one that ends, or a sidecar.
func (w *writer) initContainer(name string) v1.Container {
	c := v1.Container{Name: name, Image: image, ImagePullPolicy: v1.PullIfNotPresent}
	if w.one(2) {
		always := v1.ContainerRestartPolicyAlways
		c.RestartPolicy = &always
		w.program(name, 3000)
		w.probes(&c)
		w.hooks(&c)
		return c
	}
	p := w.program(name, 3000)
	p.ends, p.Sick = true, 0
	return c
}

// ending draws the deletion of the pod: at any moment, often while it starts.
func (w *writer) ending(grace int64) {
	switch w.IntN(4) {
	case 0:
		w.s.deletion = w.s.at + w.between(1, 3000)
	case 1, 2:
		w.s.deletion = w.s.at + w.between(3000, int((w.s.until-w.s.at).Milliseconds()))
	default:
		return
	}
	switch w.IntN(5) {
	case 0:
		w.s.grace = 0
	case 1:
		w.s.grace = int64(1 + w.IntN(5))
	default:
		w.s.grace = grace
	}
}
