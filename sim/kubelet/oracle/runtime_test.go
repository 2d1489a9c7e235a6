//go:build kubeletoracle

package oracle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	critest "k8s.io/cri-api/pkg/apis/testing"
)

// program is what a container's processes do.
type program struct {
	// Listen is from the start of a process until it listens.
	Listen time.Duration
	// Lives are how long the first lives last after that, before they end by
	// themselves; later ones last for ever, or, of an init container, no time.
	Lives []time.Duration
	// Codes are the exit codes of those that got to listen, one after the other.
	Codes []int32
	// Sick is from the start of a process until its probes fail; 0 is never.
	Sick time.Duration
	// Deaf processes ignore SIGTERM; polite ones leave with 0, and others with 143.
	Deaf, Polite bool
	ends         bool // of an init container that is no sidecar
}

// takes is how long the runtime takes for what it does, as sim/kubelet's Runtime.
type takes struct {
	sandbox, container, started, signal, exit, stopSandbox, cleanup, relist time.Duration
}

// runtime is a container runtime whose processes follow programs.
type runtime struct {
	*critest.FakeRuntimeService
	mu        sync.Mutex
	stories   map[string]*story   // by pod
	processes map[string]*process // by container ID
	lives     map[string]int      // by pod and container
	served    map[string]int
	say       func(pod, format string, arguments ...any)
}

// process is the life of one container.
type process struct {
	pod, name string
	n         int // counts the lives
	story     *story
	program   *program
	started   time.Time
	listens   bool
	over      bool
	code      int32
	told      bool          // the runtime shows that it runs
	ended     time.Time     // when it ended
	done      chan struct{} // closed when it has ended
	gone      chan struct{} // closed when the runtime shows that
	timers    []*time.Timer
	container *critest.FakeContainer
}

func newRuntime(stories map[string]*story, say func(string, string, ...any)) *runtime {
	return &runtime{FakeRuntimeService: critest.NewFakeRuntimeService(), stories: stories,
		processes: map[string]*process{}, lives: map[string]int{}, served: map[string]int{}, say: say}
}

// of is the story of a sandbox's pod.
func (r *runtime) of(sandbox string) *story {
	r.FakeRuntimeService.Lock()
	defer r.FakeRuntimeService.Unlock()
	return r.stories[r.FakeRuntimeService.Sandboxes[sandbox].Metadata.Name]
}

func (r *runtime) RunPodSandbox(ctx context.Context, c *runtimeapi.PodSandboxConfig, handler string) (string, error) {
	time.Sleep(r.stories[c.Metadata.Name].takes.sandbox)
	return r.FakeRuntimeService.RunPodSandbox(ctx, c, handler)
}

func (r *runtime) StopPodSandbox(ctx context.Context, id string) error {
	time.Sleep(r.of(id).takes.stopSandbox)
	return r.FakeRuntimeService.StopPodSandbox(ctx, id)
}

// StartContainer begins a process.
func (r *runtime) StartContainer(ctx context.Context, id string) error {
	r.FakeRuntimeService.Lock()
	c := r.FakeRuntimeService.Containers[id]
	r.FakeRuntimeService.Unlock()
	s := r.of(c.SandboxID)
	time.Sleep(s.takes.container)
	p := r.begin(s, c)
	time.Sleep(s.takes.started)
	if err := r.FakeRuntimeService.StartContainer(ctx, id); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.FakeRuntimeService.Lock()
	c.StartedAt = p.started.UnixNano()
	r.FakeRuntimeService.Unlock()
	p.told = true
	if p.over {
		r.show(p)
	}
	return nil
}

func (r *runtime) begin(s *story, c *critest.FakeContainer) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	name, pod := c.Metadata.Name, s.pod.Name
	key := pod + "/" + name
	p := &process{pod: pod, name: name, n: r.lives[key], story: s, program: s.programs[name], started: time.Now(),
		done: make(chan struct{}), gone: make(chan struct{}), container: c}
	r.lives[key]++
	r.processes[c.Id] = p
	r.say(pod, "%s#%d begins", name, p.n)
	p.timers = append(p.timers, time.AfterFunc(p.program.Listen, func() { r.listen(p) }))
	return p
}

// listen is when the process listens; its end follows.
func (r *runtime) listen(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.over {
		return
	}
	p.listens = true
	life, ends := time.Duration(0), p.program.ends
	if p.n < len(p.program.Lives) {
		life, ends = p.program.Lives[p.n], true
	}
	if !ends {
		return
	}
	key := p.pod + "/" + p.name
	code := p.program.Codes[r.served[key]%len(p.program.Codes)]
	r.served[key]++
	if life == 0 {
		r.end(p, code)
		return
	}
	p.timers = append(p.timers, time.AfterFunc(life, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.end(p, code)
	}))
}

// end is the end of a process, which the runtime shows a little later.
func (r *runtime) end(p *process, code int32) {
	if p.over {
		return
	}
	p.over, p.code, p.ended = true, code, time.Now()
	for _, t := range p.timers {
		t.Stop()
	}
	r.say(p.pod, "%s#%d exits %d", p.name, p.n, code)
	close(p.done)
	time.AfterFunc(p.story.takes.exit, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.show(p)
	})
}

// show is the runtime's word that the process has ended.
func (r *runtime) show(p *process) {
	if !p.told || !p.over {
		return
	}
	select {
	case <-p.gone:
		return
	default:
	}
	r.FakeRuntimeService.Lock()
	p.container.State, p.container.FinishedAt = runtimeapi.ContainerState_CONTAINER_EXITED, p.ended.UnixNano()
	p.container.ExitCode = p.code
	p.container.Reason = "Completed"
	if p.code != 0 {
		p.container.Reason = "Error"
	}
	r.FakeRuntimeService.Unlock()
	close(p.gone)
}

// StopContainer is SIGTERM, SIGKILL at the end of the grace period, and the wait for it.
func (r *runtime) StopContainer(_ context.Context, id string, grace int64) error {
	r.mu.Lock()
	p := r.processes[id]
	r.mu.Unlock()
	if p == nil {
		return errors.New("no such container")
	}
	term := time.AfterFunc(p.story.takes.signal, func() { r.signal(p) })
	kill := time.AfterFunc(time.Duration(grace)*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.end(p, 137)
	})
	<-p.gone
	term.Stop()
	kill.Stop()
	return nil
}

func (r *runtime) signal(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case p.program.Deaf:
	case p.program.Polite && p.listens:
		r.end(p, 0)
	default:
		r.end(p, 143)
	}
}

// exitError is what the prober takes for a failure, and not for an error.
type exitError struct{}

func (exitError) Error() string   { return "refused" }
func (exitError) String() string  { return "refused" }
func (exitError) Exited() bool    { return true }
func (exitError) ExitStatus() int { return 1 }

// probing is what a probe takes: next to nothing, and yet what goes on beside it, such as
// the sync that its first result asks for, goes on.
const probing = 20 * time.Nanosecond

// ExecSync is a hook that sleeps, or a probe.
func (r *runtime) ExecSync(_ context.Context, id string, command []string, _ time.Duration) (out, err []byte, _ error) {
	r.mu.Lock()
	p := r.processes[id]
	r.mu.Unlock()
	if p == nil {
		return nil, nil, exitError{}
	}
	if seconds, sleeps := strings.CutPrefix(strings.Join(command, " "), "sleep "); sleeps {
		d, wrong := time.ParseDuration(seconds + "s")
		if wrong != nil {
			return nil, nil, wrong
		}
		select {
		case <-p.gone:
			return nil, nil, exitError{}
		case <-time.After(d):
			return nil, nil, nil
		}
	}
	time.Sleep(probing)
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.over || !p.listens || (p.program.Sick > 0 && time.Since(p.started) >= p.program.Sick) {
		return nil, nil, exitError{}
	}
	return nil, nil, nil
}
