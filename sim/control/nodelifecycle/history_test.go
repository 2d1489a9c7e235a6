package nodelifecycle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// history is what happens to some nodes from outside.
type history struct {
	cfg   Config
	steps []step
	r     *rand.Rand
}

type step struct {
	at time.Duration
	do func(*world)
}

const length = 7 * time.Minute

func newHistory(seed uint64) *history {
	r := rand.New(rand.NewPCG(seed, 11))
	h := &history{r: r, cfg: DefaultConfig()}
	h.cfg.LargeClusterSizeThreshold = r.Int32N(5)
	h.cfg.NodeEvictionRate = []float32{0.1, 0.1, 1, 0.03}[r.IntN(4)]
	h.cfg.SecondaryNodeEvictionRate = []float32{0.01, 0.05}[r.IntN(2)]
	h.cfg.NodeMonitorGracePeriod = []time.Duration{50 * time.Second, 22 * time.Second}[r.IntN(2)]
	zones := 1 + r.IntN(3)
	// A zone's first node stays, and counts: what becomes of a zone without
	// nodes depends on the order of a map upstream.
	stays := map[string]bool{}
	for i := range 1 + r.IntN(9) {
		zone := fmt.Sprintf("z-%d", r.IntN(zones))
		h.addNode(fmt.Sprintf("n-%d", i), zone, !stays[zone])
		stays[zone] = true
	}
	h.steps = slices.DeleteFunc(h.steps, func(s step) bool { return s.at >= length })
	slices.SortStableFunc(h.steps, func(a, b step) int { return int(a.at - b.at) })
	return h
}

// moment is a time that no controller's period meets.
func (h *history) moment(from, to time.Duration) time.Duration {
	return from + time.Duration(h.r.Int64N(int64(max(1, (to-from)/(10*time.Millisecond)))))*10*time.Millisecond
}

func (h *history) at(t time.Duration, do func(*world)) {
	h.steps = append(h.steps, step{t.Truncate(10*time.Millisecond) + 7500*time.Microsecond, do})
}

func (h *history) addNode(name, zone string, stays bool) {
	r := h.r
	born := time.Duration(0)
	if r.IntN(5) == 0 && !stays {
		born = h.moment(0, 2*time.Minute)
	}
	labels := map[string]string{v1.LabelTopologyZone: zone}
	if r.IntN(12) == 0 && !stays {
		labels[excludeFromDisruption] = ""
	}
	h.at(born, func(w *world) {
		w.put(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Labels: labels,
			CreationTimestamp: metav1.NewTime(w.now())},
			Spec: v1.NodeSpec{Taints: []v1.Taint{{Key: "mine", Effect: v1.TaintEffectNoSchedule}}}}, false)
	})
	if r.IntN(10) > 0 {
		h.kubelet(name, born)
	}
	for i := range r.IntN(4) {
		h.addPod(fmt.Sprintf("%s-p-%d", name, i), name, h.moment(born, born+20*time.Second))
	}
	if r.IntN(3) == 0 {
		h.addPod(name+"-late", name, h.moment(born, length))
	}
	if r.IntN(5) == 0 {
		cordoned := r.IntN(2) == 0
		h.at(h.moment(born, length), func(w *world) {
			if n := w.node(name); n != nil {
				n.Spec.Unschedulable = cordoned
				w.put(n, false)
			}
		})
	}
	if r.IntN(8) == 0 && !stays {
		gone := h.moment(born, length)
		h.at(gone, func(w *world) { w.remove("node/" + name); w.remove("lease/" + name) })
		if r.IntN(2) == 0 {
			h.at(gone+h.moment(time.Second, time.Minute), func(w *world) {
				w.put(&v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name + "-again"), Labels: labels,
					CreationTimestamp: metav1.NewTime(w.now())}}, false)
			})
		}
	}
}

// kubelet is a node's life: it renews its lease every 10 s and posts its status
// when that changes and now and then, except during outages.
func (h *history) kubelet(name string, born time.Duration) {
	r := h.r
	phase := h.moment(100*time.Millisecond, 10*time.Second)
	down, up := length, length
	if r.IntN(3) > 0 {
		down = h.moment(born, length-time.Minute)
		up = down + h.moment(time.Second, 4*time.Minute)
	}
	ill, well := length, length // it posts Ready=False itself
	if r.IntN(3) == 0 {
		ill = h.moment(born, length)
		well = ill + h.moment(time.Second, 2*time.Minute)
	}
	pressure := h.moment(born, length)
	alive := func(t time.Duration) bool { return t < down || t >= up }
	post := func(t time.Duration) {
		ready, memory := v1.ConditionTrue, v1.ConditionFalse
		if t >= ill && t < well {
			ready = v1.ConditionFalse
		}
		if t >= pressure && t < pressure+40*time.Second {
			memory = v1.ConditionTrue
		}
		h.at(t, func(w *world) {
			if n := w.node(name); n != nil {
				setCondition(n, v1.NodeReady, ready, w.now())
				setCondition(n, v1.NodeMemoryPressure, memory, w.now())
				w.put(n, false)
			}
		})
	}
	for _, t := range []time.Duration{born + phase, up, ill, well, pressure, pressure + 40*time.Second} {
		if alive(t) && t >= born && t < length {
			post(t)
		}
	}
	every := []time.Duration{time.Minute, 10 * time.Second, 5 * time.Minute}[r.IntN(3)]
	for t := born + phase + every; t < length; t += every {
		if alive(t) {
			post(t)
		}
	}
	h.at(down, func(w *world) { w.setAlive(name, false) })
	h.at(up, func(w *world) { w.setAlive(name, true) })
	h.at(born, func(w *world) { w.setAlive(name, true) })
	if r.IntN(6) == 0 {
		return // no leases, as of old
	}
	for t := born + phase; t < length; t += LeaseRenewInterval {
		if alive(t) {
			h.at(t+10*time.Millisecond, func(w *world) {
				if w.node(name) != nil {
					w.put(&coordv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: v1.NamespaceNodeLease, Name: name,
						UID: types.UID(name)},
						Spec: coordv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: w.now()},
							LeaseDurationSeconds: ptr.To(int32(LeaseDuration.Seconds()))}}, false)
				}
			})
		}
	}
}

func (w *world) setAlive(node string, alive bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[node] = alive
}

func setCondition(n *v1.Node, kind v1.NodeConditionType, status v1.ConditionStatus, now time.Time) {
	i := slices.IndexFunc(n.Status.Conditions, func(c v1.NodeCondition) bool { return c.Type == kind })
	if i < 0 {
		i = len(n.Status.Conditions)
		n.Status.Conditions = append(n.Status.Conditions, v1.NodeCondition{Type: kind})
	}
	c := &n.Status.Conditions[i]
	if c.Status != status {
		c.LastTransitionTime = metav1.NewTime(now)
	}
	c.Status, c.Reason, c.Message, c.LastHeartbeatTime = status, "Kubelet", "posted", metav1.NewTime(now)
}

func (h *history) addPod(name, node string, t time.Duration) {
	r := h.r
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name), Generation: 1},
		Spec: v1.PodSpec{NodeName: node}}
	pod.Status.Phase = v1.PodRunning
	pod.Status.Conditions = []v1.PodCondition{
		{Type: v1.PodReady, Status: []v1.ConditionStatus{v1.ConditionTrue, v1.ConditionTrue, v1.ConditionFalse}[r.IntN(3)],
			Reason: "Probed"}}
	for _, key := range []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable, ""} {
		if r.IntN(3) > 0 || key == "" && r.IntN(4) > 0 {
			continue
		}
		toleration := v1.Toleration{Key: key, Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute}
		if r.IntN(4) > 0 {
			toleration.TolerationSeconds = ptr.To([]int64{-1, 0, 1, 5, 7, 30, 60, 95}[r.IntN(8)])
		}
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, toleration)
	}
	if r.IntN(6) > 0 {
		pod.Spec.Tolerations = DefaultTolerations(pod)
		if r.IntN(2) == 0 {
			for i := range pod.Spec.Tolerations {
				if s := pod.Spec.Tolerations[i].TolerationSeconds; s != nil && *s == defaultTolerationSeconds {
					pod.Spec.Tolerations[i].TolerationSeconds = ptr.To[int64](45)
				}
			}
		}
	}
	h.at(t, func(w *world) { w.put(pod, false) })
	if r.IntN(8) == 0 { // somebody lets it stay longer
		h.at(h.moment(t, length), func(w *world) {
			if p := w.pod(name); p != nil {
				p.Spec.Tolerations = append(p.Spec.Tolerations, v1.Toleration{Operator: v1.TolerationOpExists})
				w.put(p, false)
			}
		})
	}
	if r.IntN(10) == 0 {
		h.at(h.moment(t, length), func(w *world) { w.remove("pod/" + name) })
	}
}
