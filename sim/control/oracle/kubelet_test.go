package oracle

import (
	"context"
	"slices"
	"sync"
	"time"

	apps "k8s.io/api/apps/v1"
	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
)

// kubelets are those of all nodes.
type kubelets struct {
	ctx     context.Context
	server  *server
	script  *script
	phase   func(node string) time.Duration // of the renewals of its lease
	streams sim.Streams

	start time.Time // time 0 of the scenario

	mu                sync.Mutex
	seen              *places
	places            map[types.UID]string
	bound             map[types.UID]time.Time
	nodes             map[types.UID]string
	deleting, started map[types.UID]bool
	stopping          map[types.UID]bool
	down              map[string]bool
}

func newKubelets(ctx context.Context, s *server, script *script, start time.Time) *kubelets {
	return &kubelets{
		ctx: ctx, server: s, script: script, start: start, seen: newPlaces(), places: map[types.UID]string{},
		bound: map[types.UID]time.Time{},
		nodes: map[types.UID]string{}, deleting: map[types.UID]bool{}, started: map[types.UID]bool{},
		stopping: map[types.UID]bool{}, down: map[string]bool{},
	}
}

// watch takes up pods as they are bound, and ends those that are deleted.
func (k *kubelets) watch() {
	k.server.observers = append(k.server.observers, func(c *change) {
		p, is := c.object().(*v1.Pod)
		if !is {
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if c.kind == watch.Deleted || p.Spec.NodeName == "" {
			return
		}
		if before, was := c.before.(*v1.Pod); !was || before.Spec.NodeName == "" {
			k.places[p.UID] = k.seen.next(k.workload(p))
			k.bound[p.UID], k.nodes[p.UID] = time.Now(), p.Spec.NodeName
			go k.live(p)
		}
		if p.DeletionTimestamp != nil && !k.deleting[p.UID] {
			k.deleting[p.UID] = true
			go k.end(p)
		}
	})
}

// workload is the top owner of a pod, as records name it, and its revision. The
// server is locked.
func (k *kubelets) workload(p *v1.Pod) (workload, revision string) {
	kind, name := "Pod", p.Name
	revision = revisionOf(p)
	if r := metav1.GetControllerOf(p); r != nil {
		kind, name = r.Kind, r.Name
		if o := k.server.kinds["apps/v1/replicasets"].objects[key(p.Namespace, r.Name)]; kind == "ReplicaSet" && o != nil {
			if d := metav1.GetControllerOf(accessor(o)); d != nil {
				kind, name = d.Kind, d.Name
			}
		}
		if o := k.server.kinds["batch/v1/jobs"].objects[key(p.Namespace, r.Name)]; kind == "Job" && o != nil {
			if cj := metav1.GetControllerOf(accessor(o)); cj != nil {
				kind, name, revision = cj.Kind, cj.Name, r.Name
			}
		}
	}
	return p.Namespace + "/" + kind + "/" + name, revision
}

// placeOf is the workload of a pod and its place there, "" of one that has no
// node.
func (k *kubelets) placeOf(p *v1.Pod) (workload, place string) {
	k.server.mu.Lock()
	defer k.server.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	workload, _ = k.workload(p)
	return workload, k.places[p.UID]
}

// revisionOf is the hash of the template that a pod was made from.
func revisionOf(p *v1.Pod) string {
	if hash := p.Labels[apps.DefaultDeploymentUniqueLabelKey]; hash != "" {
		return hash
	}
	return p.Labels[apps.ControllerRevisionHashLabelKey]
}

func (k *kubelets) life(p *v1.Pod) *life {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.script.lives[k.places[p.UID]]; l != nil {
		return l
	}
	return &life{}
}

// about is a duration of about d that belongs to the pod, as simulated.
func (k *kubelets) about(p *v1.Pod, d time.Duration, what string) time.Duration {
	return k.streams.About(d, what, k.life(p).pod)
}

// soon is how far apart the bindings of a pod and of its simulated twin may be
// for the pod to go by the very clock of the twin, so that both cross the whole
// seconds of the API at the same time. Otherwise it goes by its own binding.
const soon = 500 * time.Millisecond

// clock tells when in the life of a pod bound then its twin's times are.
func (k *kubelets) clock(l *life, bound time.Time) func(sim.Time) time.Time {
	zero := k.start
	if d := bound.Sub(zero.Add(time.Duration(l.bound))); d > soon || d < -soon {
		zero = zero.Add(d)
	}
	return func(t sim.Time) time.Time { return zero.Add(time.Duration(t)) }
}

// sleep waits; it is false when all is over.
func (k *kubelets) sleep(until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.ctx.Done():
		return false
	}
}

// live tells what becomes of a pod.
func (k *kubelets) live(p *v1.Pod) {
	l := k.life(p)
	at := k.clock(l, time.Now())
	for i := 0; i < len(l.turns); {
		if !k.sleep(at(l.turns[i].at)) {
			return
		}
		var turns []string // that one status tells
		for now, last := l.turns[i].at, false; i < len(l.turns) && l.turns[i].at == now && !last; i++ {
			turns, last = append(turns, l.turns[i].what), l.turns[i].last
		}
		if k.silent(p.Spec.NodeName) {
			continue
		}
		if k.isStopping(p) { // its worker finds no end before it is done
			turns = slices.DeleteFunc(turns, func(what string) bool {
				return what == string(v1.PodSucceeded) || what == string(v1.PodFailed)
			})
		}
		if slices.Contains(turns, "started") {
			k.mu.Lock()
			k.started[p.UID] = true
			k.mu.Unlock()
		}
		k.write(p, turns, at(l.exits))
	}
}

// running are the pods of a selection that their kubelets have taken up.
func (k *kubelets) running(sel selection) (list []*v1.Pod) {
	pods, _ := k.server.list(k.server.kinds["/v1/pods"], sel)
	for _, o := range pods {
		p := o.(*v1.Pod)
		if at := k.boundAt(p); !at.IsZero() && time.Since(at) >= k.about(p, latencies.Kubelet, "kubelet starts") {
			list = append(list, p)
		}
	}
	return list
}

func (k *kubelets) silent(node string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.down[node]
}

func (k *kubelets) boundAt(p *v1.Pod) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.bound[p.UID]
}

// write changes the status of a pod that is still there.
func (k *kubelets) write(p *v1.Pod, turns []string, exited time.Time) {
	s := k.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds["/v1/pods"]
	o, err := s.getLocked(c, p.Namespace, p.Name)
	if err != nil || accessor(o).GetUID() != p.UID {
		return
	}
	next := o.DeepCopyObject().(*v1.Pod)
	if next.Status.StartTime == nil {
		// It is not Ready since its kubelet took it.
		since := metav1.NewTime(k.boundAt(p).Add(k.about(p, latencies.Kubelet, "kubelet starts")).Truncate(time.Second))
		next.Status.StartTime = &since
		podutil.UpdatePodCondition(&next.Status, &v1.PodCondition{Type: v1.PodReady, Status: v1.ConditionFalse,
			LastTransitionTime: since})
	}
	for _, what := range turns {
		k.turn(next, what, exited)
	}
	s.put(c, watch.Modified, o, next)
}

func (k *kubelets) hasStarted(p *v1.Pod) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.started[p.UID]
}

// turn changes the status.
func (k *kubelets) turn(next *v1.Pod, what string, exited time.Time) {
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	ready := v1.ConditionFalse
	switch what {
	case "started":
		if next.Status.Phase = v1.PodRunning; podutil.IsPodReady(next) {
			return
		}
	case "ready":
		ready = v1.ConditionTrue
	case "touched":
		return
	case "unready":
	default:
		next.Status.Phase = v1.PodPhase(what)
		if !k.hasStarted(next) {
			break
		}
		end := &v1.ContainerStateTerminated{FinishedAt: metav1.NewTime(exited.Truncate(time.Second))}
		if next.Status.Phase == v1.PodFailed {
			end.ExitCode = 1
		}
		next.Status.ContainerStatuses = []v1.ContainerStatus{{Name: mainContainer, State: v1.ContainerState{Terminated: end}}}
	}
	podutil.UpdatePodCondition(&next.Status, &v1.PodCondition{Type: v1.PodReady, Status: ready, LastTransitionTime: now})
}

func (k *kubelets) isStopping(p *v1.Pod) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stopping[p.UID]
}

// end lets a pod go some time after its deletion: when its preStop hook has
// slept, even if its process ends by itself meanwhile (runSleepHandler in
// pkg/kubelet/lifecycle/handlers.go), or at once when it has not started yet.
func (k *kubelets) end(p *v1.Pod) {
	l := k.life(p)
	if !k.sleep(time.Now().Add(k.about(p, latencies.Kubelet, "kubelet stops"))) {
		return
	}
	now, phase := time.Now(), v1.PodFailed // SIGTERM ends it with 143
	stop := now
	if k.hasStarted(p) {
		stop = stop.Add(time.Duration(p.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second)
	}
	exits := k.clock(l, k.boundAt(p))(l.exits)
	if l.exits > 0 && exits.Before(stop) {
		if !exits.After(now) {
			stop = now
		}
		if !l.failed {
			phase = v1.PodSucceeded
		}
	}
	k.mu.Lock()
	k.stopping[p.UID] = true
	k.mu.Unlock()
	if !k.sleep(stop) || k.silent(p.Spec.NodeName) {
		return
	}
	if p.Spec.RestartPolicy == v1.RestartPolicyNever {
		k.write(p, []string{string(phase)}, stop)
	}
	_, _ = k.server.remove(k.server.kinds["/v1/pods"], p.Namespace, p.Name, // gone is fine
		&metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0), Preconditions: &metav1.Preconditions{UID: &p.UID}})
}

// join makes a node, whose kubelet renews its lease from now on.
func (k *kubelets) join(o *v1.Node) error {
	o = o.DeepCopy()
	ready := v1.NodeCondition{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady",
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}
	o.Status.Conditions = append(o.Status.Conditions, ready)
	if _, err := k.server.create(o); err != nil {
		return err
	}
	lease := &coordv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: v1.NamespaceNodeLease, Name: o.Name},
		Spec: coordv1.LeaseSpec{RenewTime: ptr.To(metav1.NowMicro())}}
	if _, err := k.server.create(lease); err != nil {
		return err
	}
	go k.renew(o.Name, time.Now().Add(k.phase(o.Name)))
	return nil
}

func (k *kubelets) renew(node string, at time.Time) {
	leases := k.server.kinds["coordination.k8s.io/v1/leases"]
	for ; k.sleep(at); at = at.Add(lifecycle.LeaseRenewInterval) {
		o, err := k.server.get(leases, v1.NamespaceNodeLease, node)
		if err != nil {
			return
		}
		if k.silent(node) {
			continue
		}
		next := o.DeepCopyObject().(*coordv1.Lease)
		next.Spec.RenewTime = ptr.To(metav1.NowMicro())
		_, _ = k.server.update(leases, "", next) // nobody else writes it
	}
}

// fail is the end of a machine.
func (k *kubelets) fail(node string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down[node] = true
}

// recover starts a machine again: what was to be stopped is gone.
func (k *kubelets) recover(node string) {
	if !k.silent(node) {
		return
	}
	k.mu.Lock()
	delete(k.down, node)
	for uid, on := range k.nodes {
		if on == node {
			delete(k.started, uid) // until the script says so again
		}
	}
	k.mu.Unlock()
	nodes, pods := k.server.kinds["/v1/nodes"], k.server.kinds["/v1/pods"]
	if o, err := k.server.get(nodes, "", node); err == nil {
		next := o.DeepCopyObject().(*v1.Node)
		for i := range next.Status.Conditions {
			c := &next.Status.Conditions[i]
			if c.Type == v1.NodeReady {
				c.Status, c.Reason = v1.ConditionTrue, "KubeletReady"
			} else if c.Status == v1.ConditionUnknown {
				c.Status = v1.ConditionFalse
			}
			c.LastHeartbeatTime, c.LastTransitionTime = metav1.Now(), metav1.Now()
		}
		_, _ = k.server.update(nodes, "status", next) // the node is there
	}
	list, _ := k.server.list(pods, selection{})
	for _, o := range list {
		if p := o.(*v1.Pod); p.Spec.NodeName == node && p.DeletionTimestamp != nil {
			// gone is fine
			_, _ = k.server.remove(pods, p.Namespace, p.Name, &metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)})
		}
	}
}
