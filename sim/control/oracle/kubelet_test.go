package oracle

import (
	"context"
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
	"github.com/kube-rehearse/rehearse/sim/cluster"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
)

// kubeletTime is how long a kubelet takes to see a deletion, as simulated.
var kubeletTime = cluster.DefaultLatencies().Kubelet

// kubelets are those of all nodes.
type kubelets struct {
	ctx    context.Context
	server *server
	script *script
	phase  func(node string) time.Duration // of the renewals of its lease

	start time.Time // time 0 of the scenario

	mu                sync.Mutex
	seen              *places
	places            map[types.UID]string
	bound             map[types.UID]time.Time
	nodes             map[types.UID]string
	deleting, started map[types.UID]bool
	down              map[string]bool
}

func newKubelets(ctx context.Context, s *server, script *script, start time.Time) *kubelets {
	return &kubelets{
		ctx: ctx, server: s, script: script, start: start, seen: newPlaces(), places: map[types.UID]string{}, bound: map[types.UID]time.Time{},
		nodes: map[types.UID]string{}, deleting: map[types.UID]bool{}, started: map[types.UID]bool{}, down: map[string]bool{},
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
	for _, t := range l.turns {
		if !k.sleep(at(t.at)) {
			return
		}
		if k.silent(p.Spec.NodeName) {
			continue
		}
		if t.what == "started" {
			k.mu.Lock()
			k.started[p.UID] = true
			k.mu.Unlock()
		}
		k.write(p, t.what, at(l.exits))
	}
}

// running are the pods of a selection that their kubelets have taken up.
func (k *kubelets) running(sel selection) (list []*v1.Pod) {
	pods, _ := k.server.list(k.server.kinds["/v1/pods"], sel)
	for _, o := range pods {
		p := o.(*v1.Pod)
		if at := k.boundAt(p); !at.IsZero() && time.Since(at) >= kubeletTime {
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
func (k *kubelets) write(p *v1.Pod, what string, exited time.Time) {
	s := k.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.kinds["/v1/pods"]
	o, err := s.getLocked(c, p.Namespace, p.Name)
	if err != nil || accessor(o).GetUID() != p.UID {
		return
	}
	next := o.DeepCopyObject().(*v1.Pod)
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	ready := v1.ConditionFalse
	switch what {
	case "started":
		next.Status.Phase = v1.PodRunning
		if next.Status.StartTime == nil {
			next.Status.StartTime = &now
		} else if podutil.IsPodReady(next) {
			return
		}
	case "ready":
		ready = v1.ConditionTrue
	case "unready":
	default:
		next.Status.Phase = v1.PodPhase(what)
		if next.Status.StartTime == nil {
			// Its containers never started: it is not Ready since its kubelet took it.
			since := metav1.NewTime(k.boundAt(p).Add(kubeletTime).Truncate(time.Second))
			next.Status.Conditions = append(next.Status.Conditions, v1.PodCondition{Type: v1.PodReady, Status: ready, LastTransitionTime: since})
			break
		}
		end := &v1.ContainerStateTerminated{FinishedAt: metav1.NewTime(exited.Truncate(time.Second))}
		if next.Status.Phase == v1.PodFailed {
			end.ExitCode = 1
		}
		next.Status.ContainerStatuses = []v1.ContainerStatus{{Name: mainContainer, State: v1.ContainerState{Terminated: end}}}
	}
	podutil.UpdatePodCondition(&next.Status, &v1.PodCondition{Type: v1.PodReady, Status: ready, LastTransitionTime: now})
	s.put(c, watch.Modified, o, next)
}

// end lets a pod go some time after its deletion: when its preStop hook has
// slept or its process has ended by itself, or at once when it has not started
// yet.
func (k *kubelets) end(p *v1.Pod) {
	l := k.life(p)
	if !k.sleep(time.Now().Add(kubeletTime)) {
		return
	}
	stop, phase := time.Now(), v1.PodFailed // SIGTERM ends it with 143
	k.mu.Lock()
	if k.started[p.UID] {
		stop = stop.Add(time.Duration(p.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second)
	}
	k.mu.Unlock()
	exits := k.clock(l, k.boundAt(p))(l.exits)
	if l.exits > 0 && exits.Before(stop) {
		stop = exits
		if !l.failed {
			phase = v1.PodSucceeded
		}
	}
	if !k.sleep(stop) || k.silent(p.Spec.NodeName) {
		return
	}
	if p.Spec.RestartPolicy == v1.RestartPolicyNever {
		k.write(p, string(phase), stop)
	}
	_, _ = k.server.remove(k.server.kinds["/v1/pods"], p.Namespace, p.Name, // gone is fine
		&metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0), Preconditions: &metav1.Preconditions{UID: &p.UID}})
}

// join makes a node, whose kubelet renews its lease from now on.
func (k *kubelets) join(o *v1.Node) error {
	o = o.DeepCopy()
	ready := v1.NodeCondition{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}
	o.Status.Conditions = append(o.Status.Conditions, ready)
	if _, err := k.server.create(o); err != nil {
		return err
	}
	lease := &coordv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: v1.NamespaceNodeLease, Name: o.Name}, Spec: coordv1.LeaseSpec{RenewTime: ptr.To(metav1.NowMicro())}}
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
			_, _ = k.server.remove(pods, p.Namespace, p.Name, &metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}) // gone is fine
		}
	}
}
