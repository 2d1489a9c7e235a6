package kubelet

import (
	"slices"
	"time"

	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/scheduling"

	"github.com/kube-rehearse/rehearse/sim"
)

// ShutdownGrace is how long a node holds its machine's shutdown back for its pods. Upstream:
// shutdownGracePeriod and shutdownGracePeriodCriticalPods of KubeletConfiguration, whole
// seconds count.
type ShutdownGrace struct {
	// Total is for all pods; 0 holds nothing back.
	Total time.Duration
	// Critical is the part of it at the end that is for critical pods.
	Critical time.Duration
}

// shutdown is a node's pods as they end one group after the other: those below critical
// priority, then the critical ones. A group that has none takes no time, and none takes
// longer than its period.
//
//	|---- Total - Critical ----|-- Critical --|
//	 other pods: SIGTERM …       critical pods  machine off
//
// Upstream: killPods in pkg/kubelet/nodeshutdown/nodeshutdown_manager.go.
type shutdown struct {
	host    *Host
	periods [2]time.Duration // of the groups
	group   int              // how many have begun
	left    []*Pod           // of the one under way
	timer   sim.Timer        // the end of its period, then of the machine
	off     bool             // all are through
	over    sim.Func
}

// powerOff is how long systemd still takes when nobody holds the shutdown back: enough for
// the last statuses to be written.
const powerOff = time.Second

// Shutdown ends the node's pods, as far as the grace goes, and calls over when the machine
// goes off.
func (h *Host) Shutdown(now sim.Time, grace ShutdownGrace, over sim.Func) {
	others, critical := (grace.Total - grace.Critical).Truncate(time.Second), grace.Critical.Truncate(time.Second)
	s := &shutdown{host: h, periods: [2]time.Duration{others, critical}, over: over}
	s.timer.Init(h.loop, sim.PhaseMachine, s.next)
	h.shutdown = s
	s.next(now)
}

// next begins with the next group that has pods which have not ended.
func (s *shutdown) next(now sim.Time) {
	for s.left = nil; len(s.left) == 0 && s.group < len(s.periods); s.group++ {
		s.left = slices.DeleteFunc(slices.Clone(s.host.pods), func(p *Pod) bool {
			critical := corev1helpers.PodPriority(p.spec) >= scheduling.SystemCriticalPriority
			return critical != (s.group == 1) || p.worker.stage >= terminated || p.down
		})
	}
	switch {
	case len(s.left) > 0:
		most := s.periods[s.group-1]
		s.timer.Set(now.Add(most))
		for _, p := range slices.Clone(s.left) {
			p.shutDown(now, most)
		}
	case !s.off:
		s.off = true
		s.timer.Set(now.Add(powerOff))
	default:
		s.host.shutdown = nil
		s.over(now)
	}
}

// ended is the end of a pod with all that the kubelet cleans up of it.
func (s *shutdown) ended(now sim.Time, p *Pod) {
	if s == nil || !slices.Contains(s.left, p) {
		return
	}
	if s.left = slices.DeleteFunc(s.left, func(o *Pod) bool { return o == p }); len(s.left) == 0 {
		s.next(now)
	}
}

// crash is the machine's end before.
func (s *shutdown) crash() {
	if s != nil {
		s.timer.Stop()
		s.host.shutdown = nil
	}
}

// shutDown ends the pod with its node: with its own grace period, where the group has more.
func (p *Pod) shutDown(now sim.Time, most time.Duration) {
	if own := p.spec.Spec.TerminationGracePeriodSeconds; own != nil {
		most = min(most, time.Duration(*own)*time.Second)
	}
	p.shut = true
	p.observer.ShutDown(now)
	p.terminate(now, most)
}
