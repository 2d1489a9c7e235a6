package apiserver

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Kubelets is what the store has to do with the machines that its pods are on.
type Kubelets interface {
	// Stop begins the end of a pod that is deleted with a grace period.
	Stop(p *Pod, grace time.Duration)
	// Kill ends its processes at once. It is false when the pod's machine can't be
	// heard, or there is none.
	Kill(p *Pod) (heard bool)
	// Close ends what is counted about a pod that leaves the API.
	Close(p *Pod)
	// Free gives back what the pod requested of its node.
	Free(p *Pod)
	// FirstStatus fills in what a kubelet says of a pod when it takes it, unless it
	// has said so.
	FirstStatus(p *Pod, next *v1.Pod)
}

// SetKubelets gives the store the machines.
func (s *Store) SetKubelets(k Kubelets) { s.kubelets = k }

// Why is why a pod is deleted, and by whom where that is another than its
// owner.
type Why struct {
	Reason record.Deletion
	By     string
	// Grace is with how many seconds; nil is the pod's own grace period.
	Grace *int64
}

// Delete begins the deletion of the pod with its own grace period, as the API
// server does: a pod without a node goes at once.
func (p *Pod) Delete(why Why) {
	if p.gone || p.Deleting() {
		return
	}
	if p.lost != "" {
		why.Reason = p.lost
	}
	grace := int64(v1.DefaultTerminationGracePeriodSeconds)
	if own := p.object.Spec.TerminationGracePeriodSeconds; own != nil {
		grace = *own
	}
	if why.Grace != nil {
		grace = *why.Grace
	}
	atOnce := p.Node() == "" || p.Ended()
	if atOnce {
		grace = 0
	}
	s, length := p.store, time.Duration(grace)*time.Second
	s.Record(record.PodDeleting{At: s.At(), Pod: p.Key(), Reason: why.Reason, Grace: sim.Time(length), By: why.By})
	if atOnce {
		p.Leave("")
		return
	}
	p.Write(Everybody, func(next *v1.Pod) {
		next.DeletionTimestamp = &metav1.Time{Time: s.WallNow().Add(length).Truncate(time.Second)}
		next.DeletionGracePeriodSeconds = &grace
	})
	s.kubelets.Stop(p, length)
}

// DeleteNow deletes the pod with a grace period of 0: its object goes at once, its
// processes get SIGTERM and 2 s.
func (p *Pod) DeleteNow(reason record.Deletion) {
	if p.gone {
		return
	}
	s := p.store
	if !p.Deleting() {
		s.Record(record.PodDeleting{At: s.At(), Pod: p.Key(), Reason: reason})
	}
	if s.kubelets.Kill(p) {
		p.Leave(v1.PodFailed)
	} else {
		p.Leave("")
	}
}

// GiveUp notes why the pod garbage collector gives the pod up, which is why it is
// deleted, whoever comes first.
func (p *Pod) GiveUp(reason record.Deletion) { p.lost = reason }

// Held reports whether the pod stays in the API until its controller has counted
// it. Other finalizers than the controller's are not looked at.
func (p *Pod) Held() bool {
	return !p.gone && p.kind != nil && p.kind.PodFinalizer != "" &&
		slices.Contains(p.object.Finalizers, p.kind.PodFinalizer)
}

// Release takes the controller's finalizer off the pod, which disappears if that
// is all that is left of it.
func (p *Pod) Release() {
	if !p.Held() {
		return
	}
	p.Write(Nobody, func(next *v1.Pod) {
		next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == p.kind.PodFinalizer })
	})
	if grace := p.object.DeletionGracePeriodSeconds; p.Deleting() && grace != nil && *grace == 0 {
		p.remove()
	}
}

// Leave takes the pod out of the API, or leaves of it what a finalizer holds. A
// phase is written unless it has ended before; "" is of a pod that nobody can
// say anything about.
func (p *Pod) Leave(phase v1.PodPhase) {
	if !p.Held() {
		p.remove()
		return
	}
	s := p.store
	s.kubelets.Free(p)
	if p.Ended() {
		phase = ""
	}
	if phase != "" {
		s.Record(record.PodFinished{At: s.At(), Pod: p.Key(), Phase: string(phase)})
	}
	p.Write(Everybody, func(next *v1.Pod) {
		if phase != "" {
			s.kubelets.FirstStatus(p, next)
			next.Status.Phase = phase
			s.SetCondition(next, v1.ContainersReady, v1.ConditionFalse, "PodCompleted", "")
			s.SetCondition(next, v1.PodReady, v1.ConditionFalse, "PodCompleted", "")
		}
		if next.DeletionTimestamp == nil {
			next.DeletionTimestamp = &metav1.Time{Time: s.WallNow().Truncate(time.Second)}
		}
		next.DeletionGracePeriodSeconds = new(int64)
	})
}

// remove takes the pod out of the API.
func (p *Pod) remove() {
	if p.gone {
		return
	}
	p.gone = true
	s := p.store
	s.kubelets.Close(p)
	s.Record(record.PodGone{At: s.At(), Pod: p.Key()})
	s.kubelets.Free(p)
	s.pods.remove(p)
	s.tellPod(PodChange{Pod: p, Old: p.object, Concerns: Everybody})
}
