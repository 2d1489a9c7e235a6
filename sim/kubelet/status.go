package kubelet

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
)

// Status is a pod's status as the kubelet tells it to the API server.
type Status struct {
	Phase v1.PodPhase
	// Reason is why it has failed, DeadlineExceeded, where that is the kubelet's doing.
	Reason string
	// Ready is the conditions Ready and ContainersReady.
	Ready bool
	// Initialized and Sandbox are the conditions Initialized and
	// PodReadyToStartContainers.
	Initialized, Sandbox bool
	// Containers are in the order of Pod.Containers.
	Containers []ContainerStatus
}

// ContainerStatus is a ContainerStatus of the API.
type ContainerStatus struct {
	Name string
	// Life counts the runtime containers from 0; it is -1 before the first.
	Life           int32
	Running        bool
	Started, Ready bool
	Since          sim.Time  // when it began, of a container that runs
	Exit           ExitState // of one that does not, but has run
}

// ExitState is a ContainerStateTerminated.
type ExitState struct {
	At     sim.Time
	Code   int32
	Reason string
}

// deadlineExceeded is the reason of a pod that its activeDeadlineSeconds ended.
const deadlineExceeded = "DeadlineExceeded"

// terminal reports whether the phase is a last one.
func (s *Status) terminal() bool { return s.Phase == v1.PodSucceeded || s.Phase == v1.PodFailed }

// generate is generateAPIPodStatus of pkg/kubelet/kubelet_pods.go: the status after
// what the cache shows, or after the runtime itself (fresh). Last says that no
// container will be started any more.
func (p *Pod) generate(fresh, last bool) Status {
	s := Status{Containers: make([]ContainerStatus, len(p.all))}
	for i, c := range p.all {
		from := &c.cached
		if fresh {
			from = &c.shown
		}
		s.Containers[i] = c.status(from, p.hasStatus && p.status.Containers[i].Started)
	}
	s.Phase = p.phase(&s, last)
	if p.deadline.passed(p.host.loop.Now()) {
		s.Phase, s.Reason = v1.PodFailed, deadlineExceeded
	}
	if told := p.told.Phase; told == v1.PodFailed || told == v1.PodSucceeded {
		s.Phase = told
	}
	if !s.terminal() && p.status.terminal() {
		s.Phase = p.status.Phase
	}
	s.Ready, s.Initialized = !s.terminal(), true
	s.Sandbox = p.boxCached == sandboxReady && !fresh || p.box == sandboxReady && fresh
	for i, c := range p.all {
		own := &s.Containers[i]
		if !c.isInit || c.sidecar() {
			s.Ready = s.Ready && own.Ready
		}
		if c.isInit && !(own.Ready || c.sidecar() && own.Started) { // isInitContainerInitialized
			s.Initialized = false
		}
	}
	s.Initialized = s.Initialized || p.hasInitialized() || s.Phase == v1.PodSucceeded ||
		p.hasStatus && p.status.Initialized // which is kept (RestartAllContainersOnContainerExits)
	return s
}

// status is convertContainerStatus and the probes' part of it
// (prober_manager.go, UpdatePodStatus and isContainerStarted). One that was started stays
// so while its startup probe has no result: also one that was restarted by the sync that
// killed it, until the probe's worker looks at it.
func (c *Container) status(from *seen, was bool) ContainerStatus {
	s := ContainerStatus{Name: c.Name(), Life: from.life, Running: from.running}
	if from.running {
		s.Since = from.started
	} else if from.life >= 0 {
		s.Exit = ExitState{At: from.exit.at, Code: from.exit.code, Reason: from.exit.reason}
	}
	switch {
	case c.isInit && !c.sidecar():
		s.Started = from.running
		s.Ready = from.exited() && from.exit.code == 0
		return s
	case !from.running:
		return s
	}
	switch c.startup.of(from.life) {
	case success:
		s.Started = true
	case unset:
		s.Started = was || c.startup.gone()
	}
	s.Ready = s.Started && (c.readiness.gone() || c.readiness.of(from.life) == success)
	return s
}

// tally counts containers as getPhase does.
type tally struct{ pending, sidecarsPending, failed, unknown, running, waiting, stopped, final, succeeded int }

// phase is getPhase of pkg/kubelet/kubelet_pods.go.
func (p *Pod) phase(s *Status, last bool) v1.PodPhase {
	var t tally
	for i, c := range p.all {
		switch own := &s.Containers[i]; {
		case c.isInit && !c.sidecar():
			t.addInit(c, own)
		case c.isInit:
			t.addSidecar(own)
		default:
			t.addMain(c, own)
		}
	}
	switch {
	case t.failed > 0:
		return v1.PodFailed
	case t.pending > 0 || (t.sidecarsPending > 0 && !p.hasInitialized()) || t.waiting > 0:
		return v1.PodPending
	case t.running > 0:
		return v1.PodRunning
	case t.stopped == 0:
		return v1.PodPending
	case !last && t.stopped != t.final:
		return v1.PodRunning // containers will be started again
	case t.stopped == t.succeeded:
		return v1.PodSucceeded
	}
	return v1.PodFailed
}

func (t *tally) addInit(c *Container, s *ContainerStatus) {
	switch {
	case s.Life < 0 || s.Running:
		t.pending++
	case s.Exit.Code != 0 && !podutil.ContainerShouldRestart(*c.plan.Spec, c.pod.spec.Spec, s.Exit.Code):
		t.failed++
	}
}

// addSidecar counts a sidecar, of which one that has ended counts for nothing.
func (t *tally) addSidecar(s *ContainerStatus) {
	switch {
	case s.Running:
		t.running++
		if !s.Started {
			t.sidecarsPending++
		}
	case s.Life < 0:
		t.sidecarsPending++
		t.waiting++
	}
}

func (t *tally) addMain(c *Container, s *ContainerStatus) {
	switch {
	case s.Running:
		t.running++
		return
	case s.Life < 0:
		t.waiting++
		return
	}
	t.stopped++
	if !podutil.ContainerShouldRestart(*c.plan.Spec, c.pod.spec.Spec, s.Exit.Code) {
		t.final++
	}
	if s.Exit.Code == 0 {
		t.succeeded++
	}
}

// setStatus stores what the kubelet has found and, if that is new, tells the API
// server (pkg/kubelet/status/status_manager.go, SetPodStatus and
// updateStatusInternal).
func (p *Pod) setStatus(now sim.Time, s Status) {
	known := p.hasStatus && s.Sandbox == p.status.Sandbox && same(&s, &p.status)
	p.status, p.hasStatus = s, true
	if !known {
		p.rouse(now)
		p.tell(now)
	}
}

// tell makes sure that the API server hears of the status. What comes until then
// goes with it (syncBatch).
func (p *Pod) tell(now sim.Time) {
	if !p.gone && !p.report.Armed() {
		p.report.Set(now.Add(draw(p.host.runtime.Status, p.random())))
	}
}

// batchPeriod is how often the status manager looks for what it has not told
// (syncPeriod in pkg/kubelet/status/status_manager.go).
const batchPeriod = 10 * time.Second

// batch has a last phase that was held back told at the next look for such: when all
// has ended, and the status is as it was before, nothing else tells it (needsUpdate).
func (p *Pod) batch(now sim.Time) {
	if p.host.fake || p.gone || !p.status.terminal() {
		return
	}
	p.held.Set(now + mod(p.host.batches-now, sim.Time(batchPeriod)))
}

// reported is the write of the status. The last phase waits until nothing of the
// pod runs any more, and the conditions are not ready then (mergePodStatus). A pod
// under deletion goes when its worker is done with it (canBeDeleted).
func (p *Pod) reported(now sim.Time) {
	s := p.status
	if s.terminal() && p.worker.stage < terminated {
		s.Phase = p.told.Phase
		if s.Phase == "" {
			s.Phase = v1.PodPending
		}
	}
	s.Ready = s.Ready && !s.terminal()
	if !same(&s, &p.told) {
		p.told = s
		p.observer.Status(now, s)
	}
	if p.worker.stage == finished && p.deleting && !p.gone {
		p.gone = true
		p.observer.Gone(now)
	}
}

// same reports whether two statuses say the same of phase, conditions and containers.
func same(s, t *Status) bool {
	return s.Phase == t.Phase && s.Ready == t.Ready && s.Initialized == t.Initialized &&
		slices.Equal(s.Containers, t.Containers)
}

// setReadiness and setStarted are what the kubelet's loop does with a probe's
// result before it syncs the pod (SetContainerReadiness, SetContainerStartup).
func (p *Pod) setReadiness(now sim.Time, c *Container, life int32, ready bool) {
	if s := p.stored(c, life); s != nil && s.Ready != ready {
		s.Ready = ready
		p.status.Ready = !p.status.terminal()
		for i, o := range p.all {
			if !o.isInit || o.sidecar() {
				p.status.Ready = p.status.Ready && p.status.Containers[i].Ready
			}
		}
		p.tell(now)
	}
}

func (p *Pod) setStarted(now sim.Time, c *Container, life int32, started bool) {
	if s := p.stored(c, life); s != nil && s.Started != started {
		s.Started = started
		p.rouse(now)
		p.tell(now)
	}
}

// stored is the stored status of a runtime container, if there is one.
func (p *Pod) stored(c *Container, life int32) *ContainerStatus {
	if !p.hasStatus {
		return nil
	}
	for i, o := range p.all {
		if o == c && p.status.Containers[i].Life == life {
			p.status.Containers = append([]ContainerStatus(nil), p.status.Containers...)
			return &p.status.Containers[i]
		}
	}
	return nil
}

// wholeSecond is a time as the stored status has it.
func wholeSecond(t sim.Time) sim.Time { return t - mod(t, sim.Time(time.Second)) }
