package hpa

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
	"k8s.io/utils/ptr"
)

// story is a random autoscaler with the life of its pods and metrics.
type story struct {
	random *rand.Rand
	hpa    *autoscalingv2.HorizontalPodAutoscaler
	scale  *autoscalingv1.Scale
	pods   []*v1.Pod
	serial int
	load   float64 // of all pods together, in targets of one pod
	jitter bool
	values answers
}

func newStory(seed uint64) *story {
	r := rand.New(rand.NewPCG(seed, 7))
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", UID: "u", Generation: 1 + r.Int64N(3)},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MaxReplicas:    3 + r.Int32N(30),
			MinReplicas:    ptr.To(1 + r.Int32N(3)),
		},
	}
	total := false
	for range 1 + r.IntN(2)*r.IntN(3) {
		m := randomMetric(r)
		total = total || m.Object != nil || m.External != nil
		h.Spec.Metrics = append(h.Spec.Metrics, m)
	}
	if total && r.IntN(3) == 0 {
		h.Spec.MinReplicas = ptr.To[int32](0)
	}
	if r.IntN(2) == 0 {
		h.Spec.Behavior = randomBehavior(r)
	}
	legacyscheme.Scheme.Default(h)
	s := &story{random: r, hpa: h, jitter: r.IntN(2) == 0, load: float64(1 + r.IntN(10)), scale: &autoscalingv1.Scale{}}
	s.scale.Spec.Replicas = r.Int32N(8)
	s.scale.Status.Selector = "app=web"
	return s
}

func randomMetric(r *rand.Rand) autoscalingv2.MetricSpec {
	name := []v1.ResourceName{v1.ResourceCPU, v1.ResourceCPU, v1.ResourceMemory}[r.IntN(3)]
	average := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType,
		AverageValue: resource.NewMilliQuantity(100+r.Int64N(900), resource.DecimalSI)}
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType,
		AverageUtilization: ptr.To(20 + r.Int32N(120))}
	if r.IntN(3) == 0 {
		target = average
	}
	whole := average
	if r.IntN(2) == 0 {
		whole = autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: average.AverageValue}
	}
	id := autoscalingv2.MetricIdentifier{Name: []string{"queue", "queue", "queue", "95%used"}[r.IntN(4)]}
	if r.IntN(2) == 0 {
		id.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
	}
	switch r.IntN(8) {
	case 0:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
				Name: name, Container: []string{"c", "c", "d"}[r.IntN(3)], Target: target}}
	case 1:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
			Metric: id, Target: average}}
	case 2:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "web"}, Metric: id, Target: whole}}
	case 3:
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{Metric: id, Target: whole}}
	}
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: target}}
}

func randomBehavior(r *rand.Rand) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	rules := func() *autoscalingv2.HPAScalingRules {
		if r.IntN(4) == 0 {
			return nil
		}
		rules := &autoscalingv2.HPAScalingRules{}
		if r.IntN(2) == 0 {
			rules.StabilizationWindowSeconds = ptr.To([]int32{0, 15, 30, 60, 300}[r.IntN(5)])
		}
		if r.IntN(4) == 0 {
			rules.Tolerance = resource.NewMilliQuantity(r.Int64N(500), resource.DecimalSI)
		}
		if r.IntN(2) == 0 {
			rules.SelectPolicy = ptr.To([]autoscalingv2.ScalingPolicySelect{autoscalingv2.MaxChangePolicySelect,
				autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect}[r.IntN(3)])
		}
		for range r.IntN(3) {
			rules.Policies = append(rules.Policies, autoscalingv2.HPAScalingPolicy{
				Type: []autoscalingv2.HPAScalingPolicyType{autoscalingv2.PodsScalingPolicy,
					autoscalingv2.PercentScalingPolicy}[r.IntN(2)],
				Value:         []int32{1, 2, 4, 10, 50, 100}[r.IntN(6)],
				PeriodSeconds: []int32{15, 30, 60, 180}[r.IntN(4)],
			})
		}
		return rules
	}
	return &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(), ScaleDown: rules()}
}

// answers are the metrics at one instant.
type answers struct {
	pods     map[string]metrics.PodMetricsInfo // by resource and container, or ""
	value    int64
	external []int64
	err      error
}

func (a answers) Resource(name v1.ResourceName, container string) (metrics.PodMetricsInfo, time.Time, error) {
	return maps.Clone(a.pods[string(name)+container]), time.Time{}, a.err
}
func (a answers) Pods(string, labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return maps.Clone(a.pods[""]), time.Time{}, a.err
}
func (a answers) Object(string, *autoscalingv2.CrossVersionObjectReference, labels.Selector) (int64, time.Time, error) {
	return a.value, time.Time{}, a.err
}
func (a answers) External(string, labels.Selector) ([]int64, time.Time, error) {
	return a.external, time.Time{}, a.err
}

// pass lets the time until the next sync pass.
func (s *story) pass(now time.Time) {
	r := s.random
	switch r.IntN(8) {
	case 0:
		s.load = float64(r.IntN(40))
	case 1:
		s.load *= 0.8 + r.Float64()*0.4
	}
	for len(s.pods) < int(s.scale.Spec.Replicas) {
		s.serial++
		s.pods = append(s.pods, &v1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("web-%d", s.serial),
				Labels: map[string]string{"app": "web"}},
			Spec: v1.PodSpec{Containers: []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
				v1.ResourceCPU: resource.MustParse("500m"), v1.ResourceMemory: resource.MustParse("1")}}}}},
			Status: v1.PodStatus{Phase: v1.PodPending},
		})
	}
	for i := range s.pods {
		s.pods[i] = s.grow(s.pods[i], now)
	}
	for len(s.pods) > int(s.scale.Spec.Replicas) {
		if p := s.pods[len(s.pods)-1]; p.DeletionTimestamp == nil && r.IntN(3) == 0 {
			p.DeletionTimestamp = &metav1.Time{Time: now}
			break
		}
		s.pods = s.pods[:len(s.pods)-1]
	}
	s.scale.Status.Replicas = int32(len(s.pods))
	s.measure(now)
}

func (s *story) grow(p *v1.Pod, now time.Time) *v1.Pod {
	p = p.DeepCopy()
	ready := func(status v1.ConditionStatus) {
		p.Status.Conditions = []v1.PodCondition{
			{Type: v1.PodReady, Status: status,
				LastTransitionTime: metav1.NewTime(now.Add(-time.Duration(s.random.IntN(15)) * time.Second))}}
	}
	switch n := s.random.IntN(20); {
	case p.Status.Phase == v1.PodPending && n < 12:
		p.Status.Phase = v1.PodRunning
		p.Status.StartTime = &metav1.Time{Time: now.Add(-time.Duration(s.random.IntN(40)) * time.Second)}
		ready(v1.ConditionFalse)
	case p.Status.Phase == v1.PodRunning && strings.HasSuffix(p.Name, "3"): // never gets ready
	case p.Status.Phase == v1.PodRunning && n < 2:
		ready(v1.ConditionFalse)
	case p.Status.Phase == v1.PodRunning && n < 10:
		if len(p.Status.Conditions) == 0 || p.Status.Conditions[0].Status != v1.ConditionTrue {
			ready(v1.ConditionTrue)
		}
	case n == 19 && s.random.IntN(5) == 0:
		p.Status.Phase = v1.PodFailed
	case n == 18 && s.random.IntN(8) == 0:
		p.Status.Conditions = nil
	}
	return p
}

func (s *story) measure(now time.Time) {
	r := s.random
	a := answers{pods: map[string]metrics.PodMetricsInfo{}}
	for _, key := range []string{"", "cpu", "memory", "cpuc", "memoryc", "cpud", "memoryd"} {
		info := metrics.PodMetricsInfo{}
		for _, p := range s.pods {
			if r.IntN(15) == 0 || p.Status.Phase == v1.PodPending {
				continue
			}
			value := s.load * 300 / float64(max(1, len(s.pods)))
			if s.jitter {
				value *= 0.5 + r.Float64()
			}
			info[p.Name] = metrics.PodMetric{Timestamp: now.Add(-time.Duration(r.IntN(30)) * time.Second),
				Window: time.Duration(r.IntN(30)) * time.Second, Value: int64(value)}
		}
		a.pods[key] = info
	}
	a.value = int64(s.load * 500)
	for range 1 + r.IntN(3) {
		a.external = append(a.external, int64(s.load*200))
	}
	switch r.IntN(40) { // what an adapter in trouble may say
	case 0:
		a.external = append(a.external, -int64(s.load*900)-1)
	case 1:
		a.external = append(a.external, math.MaxInt64)
	case 2:
		a.value = -a.value
	}
	if r.IntN(12) == 0 {
		a.err = errors.New("the server is currently unable to handle the request")
	}
	s.values = a
}

func (s *story) view() View {
	v := View{HPA: s.hpa, Scale: s.scale, Pods: s.pods, Metrics: s.values,
		Selecting: []selectors.Key{{Name: "web", Namespace: "default"}}}
	if s.random.IntN(60) == 0 {
		v.Scale, v.ScaleError = nil, errors.New("deployments.apps \"web\" not found")
	}
	return v
}

type decider func(Config, *State, View, time.Time) (Decision, error)

// difference plays a story with upstream and a decider and returns the first
// thing that they do differently, "" when there is none.
func difference(t *testing.T, seed uint64, syncs int, decide decider) (found string) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		u, s := newUpstream(t, cfg), newStory(seed)
		var state State
		for i := range syncs {
			s.pass(time.Now())
			v := s.view()
			if found = s.sync(t, u, cfg, &state, v, decide); found != "" {
				found = fmt.Sprintf("seed %d sync %d: %s", seed, i, found)
				return
			}
			if s.random.IntN(40) == 0 {
				s.scale.Spec.Replicas = s.random.Int32N(10) // a person
			}
			time.Sleep(cfg.SyncPeriod - 500*time.Millisecond)
		}
	})
	return found
}

// sync lets upstream and a decider reconcile the autoscaler of the view once. It
// returns what they do differently, or takes over what they do.
func (s *story) sync(t *testing.T, u *upstream, cfg Config, state *State, v View, decide decider) string {
	t.Helper()
	before := v.HPA.DeepCopy()
	var d Decision
	u.onGet = func() {
		var err error
		d, err = decide(cfg, state, v, time.Now())
		require.NoError(t, err)
	}
	err := u.sync(v)
	require.Equal(t, before, v.HPA, "the view is read-only")
	if found := s.compare(u, d, err); found != "" {
		return found
	}
	s.hpa = s.hpa.DeepCopy()
	s.hpa.Status = d.Status
	if d.Rescale {
		s.scale.Spec.Replicas = d.Desired
	}
	return ""
}

func (s *story) compare(u *upstream, d Decision, err error) string {
	var rescaled *int32
	if d.Rescale {
		rescaled = &d.Desired
	}
	status := u.status
	if status == nil {
		status = &s.hpa.Status
	}
	for _, x := range []struct {
		what      string
		want, got any
	}{
		{"rescale", u.rescaled, rescaled},
		{"events", u.events, d.Events},
		{"status", *status, d.Status},
		{"error", fmt.Sprint(err), fmt.Sprint(d.Err)},
	} {
		if want, got := show(x.want), show(x.got); want != got {
			return fmt.Sprintf("%s: upstream %s, got %s", x.what, want, got)
		}
	}
	return ""
}

// podNames differ in a message about the first pod at fault: which one comes
// first is not defined upstream.
var podNames = regexp.MustCompile(`web-\d+`)

func show(x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		return err.Error()
	}
	return podNames.ReplaceAllString(string(text), "web-N")
}

func TestEqualToUpstream(t *testing.T) {
	for seed := range uint64(2000) {
		require.Empty(t, difference(t, seed, 40, Reconcile))
	}
}

// TestBrokenDecidersAreCaught shows that the comparison can fail.
func TestBrokenDecidersAreCaught(t *testing.T) {
	broken := func(change func(*Config, *State, *View)) decider {
		return func(cfg Config, state *State, v View, now time.Time) (Decision, error) {
			change(&cfg, state, &v)
			return Reconcile(cfg, state, v, now)
		}
	}
	for name, decide := range map[string]decider{
		"tolerance":         broken(func(c *Config, _ *State, _ *View) { c.Tolerance = 0.15 }),
		"stabilisation":     broken(func(c *Config, _ *State, _ *View) { c.DownscaleStabilization = time.Minute }),
		"CPU initialising":  broken(func(c *Config, _ *State, _ *View) { c.CPUInitializationPeriod = 0 }),
		"initial readiness": broken(func(c *Config, _ *State, _ *View) { c.InitialReadinessDelay = 10 * time.Second }),
		"forgetful":         broken(func(_ *Config, s *State, _ *View) { *s = State{} }),
		"one path": broken(func(_ *Config, _ *State, v *View) {
			if v.HPA.Spec.Behavior == nil {
				v.HPA = v.HPA.DeepCopy()
				v.HPA.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{}
				legacyscheme.Scheme.Default(v.HPA)
			}
		}),
	} {
		caught := false
		for seed := uint64(0); seed < 60 && !caught; seed++ {
			caught = difference(t, seed, 40, decide) != ""
		}
		require.True(t, caught, name)
	}
}
