package deployment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// epoch has a fraction of a second, which conditions lose.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 300e6, time.UTC)

// world is a Deployment, its ReplicaSets and pods, and the controllers with no
// latency: each sync sees the effects of the one before. The Deployment is
// synced first, then its ReplicaSets from old to new.
type world struct {
	t      *testing.T
	now    time.Time
	d      *apps.Deployment
	sets   []*apps.ReplicaSet
	pods   map[types.UID][]*v1.Pod
	dirty  map[types.UID]bool
	timers []timer
	serial int

	// readyAfter is how long the n-th pod (from 0) takes to be ready, negative
	// for never; stopAfter how long any takes to stop.
	readyAfter func(n int) time.Duration
	stopAfter  time.Duration
	created    int

	reason   string   // of the condition Progressing
	scaled   []string // "<template image> 3->5", in order
	progress []string // its changes, in order
	history  []string // scaled and progress with their times since epoch

	// checks run with every sync of the Deployment and of a ReplicaSet.
	onDeployment func(View, []Action)
	onReplicaSet func(replicaset.View, []replicaset.Action)
}

type timer struct {
	at   time.Time
	fire func()
}

func newWorld(t *testing.T, d *apps.Deployment) *world {
	w := &world{
		t: t, now: epoch, d: d, pods: map[types.UID][]*v1.Pod{}, dirty: map[types.UID]bool{},
		readyAfter:   func(int) time.Duration { return 10 * time.Second },
		stopAfter:    2 * time.Second,
		onDeployment: func(View, []Action) {},
		onReplicaSet: func(replicaset.View, []replicaset.Action) {},
	}
	d.UID, d.Generation = w.uid(), 1
	w.dirty[d.UID] = true
	return w
}

// apiTime is an instant as it comes back from the API server: whole seconds.
func apiTime(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

// web is a Deployment after the API server's defaulting.
func web(replicas int32, surge, unavailable intstr.IntOrString) *apps.Deployment {
	labels := map[string]string{"app": "web"}
	return &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "v1"}}},
			},
			Strategy: apps.DeploymentStrategy{
				Type:          apps.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &apps.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &unavailable},
			},
			RevisionHistoryLimit:    ptr.To[int32](10),
			ProgressDeadlineSeconds: ptr.To[int32](600),
		},
	}
}

func (w *world) uid() types.UID {
	w.serial++
	// Not in order of creation, as real ones aren't.
	return types.UID(fmt.Sprintf("%08x", uint32(w.serial)*2654435761))
}

func (w *world) after(d time.Duration, fire func()) {
	w.timers = append(w.timers, timer{w.now.Add(d), fire})
}

// write is what a user does to the Deployment.
func (w *world) write(d *apps.Deployment, err error) {
	w.t.Helper()
	require.NoError(w.t, err)
	if !apiequality.Semantic.DeepEqual(d.Spec, w.d.Spec) || !apiequality.Semantic.DeepEqual(d.Annotations,
		w.d.Annotations) {
		d.Generation = w.d.Generation + 1
	}
	w.d = d
	w.dirty[d.UID] = true
}

// run plays until the given time since epoch.
func (w *world) run(until time.Duration) {
	w.t.Helper()
	end := epoch.Add(until)
	w.settle()
	for {
		next := -1
		for i, x := range w.timers {
			if !x.at.After(end) && (next < 0 || x.at.Before(w.timers[next].at)) {
				next = i
			}
		}
		if next < 0 {
			w.now = end
			return
		}
		w.now = w.timers[next].at
		var due []timer
		w.timers = slices.DeleteFunc(w.timers, func(x timer) bool {
			if x.at.Equal(w.now) {
				due = append(due, x)
			}
			return x.at.Equal(w.now)
		})
		for _, x := range due {
			x.fire()
		}
		w.settle()
	}
}

func (w *world) settle() {
	w.t.Helper()
	for range 10_000 {
		if w.dirty[w.d.UID] {
			w.syncDeployment()
			continue
		}
		i := slices.IndexFunc(w.sets, func(rs *apps.ReplicaSet) bool { return w.dirty[rs.UID] })
		if i < 0 {
			return
		}
		w.syncReplicaSet(w.sets[i])
	}
	w.t.Fatal("the controllers don't settle")
}

func (w *world) syncDeployment() {
	w.t.Helper()
	delete(w.dirty, w.d.UID)
	view := View{Deployment: w.d, ReplicaSets: slices.Clone(w.sets), Pods: w.pods}
	before := view.Deployment.DeepCopy()
	actions, err := Sync(view, w.now)
	require.NoError(w.t, err)
	require.Equal(w.t, before, view.Deployment, "the view is read-only")
	require.Equal(w.t, w.sets, view.ReplicaSets, "the view is read-only")
	w.onDeployment(view, actions)
	for _, a := range actions {
		w.perform(a)
	}
}

func (w *world) syncReplicaSet(rs *apps.ReplicaSet) {
	w.t.Helper()
	delete(w.dirty, rs.UID)
	view := replicaset.View{ReplicaSet: rs, Pods: w.pods[rs.UID], Related: w.active()}
	actions, err := replicaset.Sync(view, w.now)
	require.NoError(w.t, err)
	w.onReplicaSet(view, actions)
	for _, a := range actions {
		w.performOn(rs, a)
	}
}

func (w *world) perform(action Action) {
	switch a := action.(type) {
	case CreateReplicaSet:
		rs := a.ReplicaSet.DeepCopy()
		rs.UID, rs.Generation, rs.CreationTimestamp = w.uid(), 1, apiTime(w.now)
		w.sets = append(w.sets, rs)
		w.noteScaled(rs, 0)
		w.touch(rs)
	case UpdateReplicaSet:
		i := w.index(a.ReplicaSet)
		rs := a.ReplicaSet.DeepCopy()
		rs.Status, rs.Generation = w.sets[i].Status, w.sets[i].Generation
		if !apiequality.Semantic.DeepEqual(rs.Spec, w.sets[i].Spec) {
			rs.Generation++
		}
		w.sets[i] = rs
		w.noteScaled(rs, a.From)
		w.touch(rs)
	case DeleteReplicaSet:
		i := w.index(a.ReplicaSet)
		w.sets = slices.Delete(slices.Clone(w.sets), i, i+1)
		w.dirty[w.d.UID] = true
	case UpdateDeployment:
		w.d = a.Deployment
		w.noteProgress()
		w.dirty[w.d.UID] = true
	case UpdateStatus:
		w.d = w.d.DeepCopy()
		w.d.Status = a.Status
		w.noteProgress()
		w.dirty[w.d.UID] = true
	case RequeueAfter:
		w.again(w.d.UID, a.After)
	}
}

// performOn carries out what is decided about a ReplicaSet.
func (w *world) performOn(rs *apps.ReplicaSet, action replicaset.Action) {
	switch a := action.(type) {
	case replicaset.UpdateStatus:
		i := w.index(rs)
		next := w.sets[i].DeepCopy()
		next.Status = a.Status
		w.sets[i] = next
		w.touch(next)
	case replicaset.CreatePods:
		for range a.Count {
			w.createPod(rs)
		}
	case replicaset.DeletePods:
		for _, pod := range a.Pods {
			w.deletePod(rs, pod)
		}
	case replicaset.RequeueAfter:
		w.again(rs.UID, a.After)
	}
}

func (w *world) again(uid types.UID, after time.Duration) {
	w.after(after, func() { w.dirty[uid] = true })
}

func (w *world) index(rs *apps.ReplicaSet) int {
	i := slices.IndexFunc(w.sets, func(x *apps.ReplicaSet) bool { return x.UID == rs.UID })
	require.GreaterOrEqual(w.t, i, 0, "a write of a ReplicaSet that doesn't exist")
	return i
}

func (w *world) touch(rs *apps.ReplicaSet) {
	w.dirty[rs.UID] = true
	w.dirty[w.d.UID] = true
}

func (w *world) noteScaled(rs *apps.ReplicaSet, from int32) {
	if from != *rs.Spec.Replicas {
		w.scaled = append(w.scaled, fmt.Sprintf("%s %d->%d", rs.Spec.Template.Spec.Containers[0].Image, from,
			*rs.Spec.Replicas))
		w.note(w.scaled[len(w.scaled)-1])
	}
}

func (w *world) noteProgress() {
	reason := "none"
	if c := deploymentutil.GetDeploymentCondition(w.d.Status, apps.DeploymentProgressing); c != nil {
		reason = c.Reason
	}
	if reason != w.reason {
		w.reason = reason
		w.progress = append(w.progress, reason)
		w.note(reason)
	}
}

func (w *world) note(what string) {
	w.history = append(w.history, fmt.Sprintf("%.3fs %s", w.now.Sub(epoch).Seconds(), what))
}

// forget starts the logs anew.
func (w *world) forget() { w.scaled, w.progress, w.history = nil, nil, nil }

// status is replicas/updated/ready/available/unavailable/terminating.
func (w *world) status() string { return statusOf(w.d.Status) }

func statusOf(s apps.DeploymentStatus) string {
	return fmt.Sprintf("%d/%d/%d/%d/%d/%d", s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas,
		s.UnavailableReplicas, ptr.Deref(s.TerminatingReplicas, -1))
}
