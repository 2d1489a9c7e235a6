package statefulset

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// world is a random life of a StatefulSet: its settings, what its user does and
// what its pods do. Every draw depends on the seed and on who draws, so that
// two worlds of one seed differ only where their controllers do.
type world struct {
	*store
	seed uint64
	rest bool // user and pods have come to rest
	// readyAfter and stopAfter replace the random lives of pods when set.
	readyAfter, stopAfter time.Duration
}

func newWorld(seed uint64, c clock) *world {
	w := &world{store: newStore(c), seed: seed}
	w.podCreated, w.podDeleted = w.live, w.die
	return w
}

// draws is the random stream of somebody.
func (w *world) draws(who string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(who))
	return rand.New(rand.NewPCG(w.seed, h.Sum64()))
}

// within is a number of microseconds up to a number of seconds. No two of a
// story meet.
func within(r *rand.Rand, seconds int) time.Duration {
	return time.Duration(1+r.IntN(seconds*1_000_000)) * time.Microsecond
}

// live schedules the life of a pod.
func (w *world) live(pod *v1.Pod, incarnation int) {
	name, uid := pod.Name, pod.UID
	r := w.draws(fmt.Sprint(name, incarnation))
	bound, ready := within(r, 1), within(r, 9)
	fate := r.IntN(20)
	if w.readyAfter > 0 {
		bound, ready, fate = 10*time.Millisecond, w.readyAfter, 19
	}
	if w.rest {
		fate = 19
	}
	w.clock.after(bound, func() {
		w.change(name, uid, func(pod *v1.Pod) {
			pod.Spec.NodeName, pod.Status.Phase = "node", v1.PodRunning
		})
	})
	switch fate {
	case 0: // never ready
		return
	case 1, 2:
		w.clock.after(bound+(ready/2).Truncate(time.Microsecond), func() { w.end(name, uid, v1.PodFailed) })
		return
	case 3:
		w.clock.after(bound+ready+within(r, 60), func() { w.end(name, uid, v1.PodSucceeded) })
	case 4, 5:
		lost := bound + ready + within(r, 30)
		w.clock.after(lost, func() { w.ready(name, uid, v1.ConditionFalse) })
		w.clock.after(lost+within(r, 20), func() { w.ready(name, uid, v1.ConditionTrue) })
	case 6:
		ready += time.Minute
	}
	w.clock.after(bound+ready, func() { w.ready(name, uid, v1.ConditionTrue) })
}

func (w *world) end(name string, uid types.UID, phase v1.PodPhase) {
	w.change(name, uid, func(pod *v1.Pod) {
		pod.Status.Phase = phase
		pod.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodReady, Status: v1.ConditionFalse, LastTransitionTime: w.apiNow()}}
	})
}

// ready has no say on a pod that has ended.
func (w *world) ready(name string, uid types.UID, status v1.ConditionStatus) {
	w.change(name, uid, func(pod *v1.Pod) {
		if pod.Status.Phase != v1.PodRunning || (pod.DeletionTimestamp != nil && status == v1.ConditionTrue) {
			return
		}
		pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: status, LastTransitionTime: w.apiNow()}}
	})
}

// die schedules the end of a pod under deletion, and after it that of the
// claims that it owns.
func (w *world) die(pod *v1.Pod) {
	name, uid := pod.Name, pod.UID
	r := w.draws("end of " + string(uid))
	stop := time.Duration(0)
	if pod.Spec.NodeName != "" {
		stop = within(r, 5)
		if w.stopAfter > 0 {
			stop = w.stopAfter
		} else if r.IntN(2) == 0 {
			w.clock.after((stop / 2).Truncate(time.Microsecond), func() { w.ready(name, uid, v1.ConditionFalse) })
		}
		w.clock.after(stop, func() { w.gone(name, uid) })
	}
	w.clock.after(stop+within(r, 2), func() { w.collect(uid) })
}

func (w *world) collect(owner types.UID) {
	for _, claim := range list[*v1.PersistentVolumeClaim](w.store, claimsResource) {
		for _, ref := range claim.OwnerReferences {
			if ref.UID == owner {
				_ = w.delete(claimsResource, claim.Name)
			}
		}
	}
}

// play schedules the whole story and returns how long it takes.
func (w *world) play() time.Duration {
	r := w.draws("user")
	at := time.Duration(0)
	for i := range 6 {
		at += within(r, 25)
		w.clock.after(at, func() { w.observe(); w.step(w.draws(fmt.Sprint("step ", i))) })
	}
	w.clock.after(at+time.Second, func() { w.rest = true })
	// Pods that will never be ready are replaced by ones that will.
	for range 3 {
		at += 3*time.Minute + within(r, 1)
		w.clock.after(at, func() { w.observe(); w.replaceBroken() })
	}
	return at + 5*time.Minute
}

func (w *world) replaceBroken() {
	for _, pod := range list[*v1.Pod](w.store, podsResource) {
		if !ready(pod) {
			_ = w.delete(podsResource, pod.Name)
		}
	}
}

func ready(pod *v1.Pod) bool {
	c := pod.Status.Conditions
	return len(c) > 0 && c[0].Status == v1.ConditionTrue
}

// observe logs the status and the history.
func (w *world) observe() {
	set := w.set()
	w.mu.Lock()
	defer w.mu.Unlock()
	j, _ := json.Marshal(set.Status)
	w.note("status %s", j)
	for _, name := range sortedNames(w.objects[revisionsResource]) {
		w.note("revision %s %d", name, w.objects[revisionsResource][name].(*apps.ControllerRevision).Revision)
	}
}

// statusOf is replicas/ready/available/current/updated and a star when the
// current revision is the update revision.
func statusOf(o object) string {
	s := o.(*apps.StatefulSet).Status
	star := ""
	if s.CurrentRevision != "" && s.CurrentRevision == s.UpdateRevision {
		star = "*"
	}
	return fmt.Sprintf("%d/%d/%d/%d/%d%s", s.Replicas, s.ReadyReplicas, s.AvailableReplicas, s.CurrentReplicas,
		s.UpdatedReplicas, star)
}
