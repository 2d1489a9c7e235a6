package hpa

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/features"
)

// calculator turns the values of one metric into a number of replicas
// (pkg/controller/podautoscaler/replica_calculator.go).
type calculator struct {
	cfg              Config
	view             *View
	now              time.Time
	down, up         float64 // tolerances
	current, running int32   // spec.replicas and status.replicas of the target
}

var (
	errNoPods    = errors.New("no pods returned by selector while calculating replica count")
	errNoMetrics = errors.New("did not receive metrics for targeted pods (pods might be unready)")
)

func newCalculator(cfg Config, v *View, now time.Time) *calculator {
	c := &calculator{cfg: cfg, view: v, now: now, down: cfg.Tolerance, up: cfg.Tolerance,
		current: v.Scale.Spec.Replicas, running: v.Scale.Status.Replicas}
	b := v.HPA.Spec.Behavior
	if b == nil || !utilfeature.DefaultFeatureGate.Enabled(features.HPAConfigurableTolerance) {
		return c
	}
	if b.ScaleDown != nil && b.ScaleDown.Tolerance != nil {
		c.down = b.ScaleDown.Tolerance.AsApproximateFloat64()
	}
	if b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
		c.up = b.ScaleUp.Tolerance.AsApproximateFloat64()
	}
	return c
}

func (c *calculator) tolerates(ratio float64) bool { return 1-c.down <= ratio && ratio <= 1+c.up }

// usage compares the values of pods with the target.
type usage struct {
	// ratio of use and target over the pods with values.
	ratio func(metrics.PodMetricsInfo) (float64, error)
	// fill is the value of a pod without one when it could be scaled down.
	fill func(pod string) int64
}

// perPod is the answer for metrics that each pod has. Pods without a value are
// taken to be as calm, or as busy, as speaks against a change.
func (c *calculator) perPod(p *Proposal, values metrics.PodMetricsInfo, prepare func() (usage, error),
	resource v1.ResourceName) error {
	if len(c.view.Pods) == 0 {
		return errNoPods
	}
	g := group(c.cfg, c.view.Pods, values, resource, c.now)
	p.Ready, p.Unready, p.Missing, p.Ignored = g.ready, len(g.unready), len(g.missing), len(g.ignored)
	for name := range g.ignored {
		delete(values, name)
	}
	for name := range g.unready {
		delete(values, name)
	}
	if len(values) == 0 {
		return errNoMetrics
	}
	u, err := prepare()
	if err != nil {
		return err
	}
	ratio, err := u.ratio(values)
	if err != nil {
		return err
	}
	p.Ratio = ratio
	warmingUp := len(g.unready) > 0 && ratio > 1
	if !warmingUp && len(g.missing) == 0 {
		p.Replicas = c.current
		if !c.tolerates(ratio) {
			p.Replicas = int32(math.Ceil(ratio * float64(g.ready)))
		}
		return nil
	}
	switch {
	case ratio < 1:
		for name := range g.missing {
			values[name] = metrics.PodMetric{Value: u.fill(name)}
		}
	case ratio > 1:
		for name := range g.missing {
			values[name] = metrics.PodMetric{}
		}
	}
	if warmingUp {
		for name := range g.unready {
			values[name] = metrics.PodMetric{}
		}
	}
	return c.again(p, u, values, ratio)
}

// again takes the ratio a second time with the assumed values; what would turn
// the direction around is no change.
func (c *calculator) again(p *Proposal, u usage, values metrics.PodMetricsInfo, before float64) error {
	ratio, err := u.ratio(values)
	if err != nil {
		return err
	}
	p.Ratio, p.Replicas = ratio, c.current
	if c.tolerates(ratio) || (before < 1 && ratio > 1) || (before > 1 && ratio < 1) {
		return nil
	}
	replicas := int32(math.Ceil(ratio * float64(len(values))))
	if (ratio < 1 && replicas > c.current) || (ratio > 1 && replicas < c.current) {
		return nil
	}
	p.Replicas = replicas
	return nil
}

// utilization is for a target in percent of the request. It returns the
// utilization and the mean use a pod.
func (c *calculator) utilization(p *Proposal, target int32, resource v1.ResourceName, container string) (percent int32,
	mean int64, err error) {
	values, err := c.resource(resource, container)
	if err != nil {
		return 0, 0, err
	}
	var byPod map[string]int64
	first := true
	prepare := func() (usage, error) {
		var err error
		byPod, err = requests(c.view.Pods, container, resource)
		return usage{
			ratio: func(values metrics.PodMetricsInfo) (float64, error) {
				ratio, u, raw, err := metrics.GetResourceUtilizationRatio(values, byPod, target)
				if first {
					percent, mean, first = u, raw, false
				}
				return ratio, err
			},
			fill: func(pod string) int64 { return byPod[pod] * int64(max(100, target)) / 100 },
		}, err
	}
	err = c.perPod(p, values, prepare, resource)
	return percent, mean, err
}

// average is for a target in the metric's own unit. It returns the mean.
func (c *calculator) average(p *Proposal, values metrics.PodMetricsInfo, target int64, resource v1.ResourceName) (
	mean int64, err error) {
	first := true
	prepare := func() (usage, error) {
		return usage{
			ratio: func(values metrics.PodMetricsInfo) (float64, error) {
				ratio, u := metrics.GetMetricUsageRatio(values, target)
				if first {
					mean, first = u, false
				}
				return ratio, nil
			},
			fill: func(string) int64 { return target },
		}, nil
	}
	err = c.perPod(p, values, prepare, resource)
	return mean, err
}

func (c *calculator) resource(name v1.ResourceName, container string) (metrics.PodMetricsInfo, error) {
	values, _, err := c.view.Metrics.Resource(name, container)
	if err != nil {
		return nil, fmt.Errorf("unable to get metrics for resource %s: %w", name, err)
	}
	return maps.Clone(values), nil
}

// total is for one value of all pods together against a target for all.
func (c *calculator) total(p *Proposal, value, target int64) error {
	p.Ratio = float64(value) / float64(target)
	switch {
	case c.current == 0:
		p.Replicas = int32(math.Ceil(p.Ratio))
		return nil
	case c.tolerates(p.Ratio):
		p.Replicas = c.current
		return nil
	case len(c.view.Pods) == 0:
		return fmt.Errorf("unable to calculate ready pods: %s", errNoPods)
	}
	p.Replicas = clamp(p.Ratio * float64(readyPods(c.view.Pods)))
	return nil
}

// externalShare is share for External, which upstream guards against overflow
// and, by the same guard, takes a sum below zero for one
// (GetExternalPerPodMetricReplicas).
func (c *calculator) externalShare(p *Proposal, values []int64, target int64) int64 {
	var sum int64
	for _, value := range values {
		if sum += value; sum < 0 {
			sum = math.MaxInt64
			break
		}
	}
	share := c.share(p, sum, target, clamp)
	if float64(sum) >= math.MaxInt64 {
		return math.MaxInt64
	}
	return share
}

// share is for one value of all pods together against a target a pod. It
// returns the value a pod. count makes a whole number of the replicas.
func (c *calculator) share(p *Proposal, value, target int64, count func(float64) int32) int64 {
	p.Replicas = c.running
	p.Ratio = float64(value) / (float64(target) * float64(c.running))
	if !c.tolerates(p.Ratio) {
		p.Replicas = count(float64(value) / float64(target))
	}
	return int64(math.Ceil(float64(value) / float64(c.running)))
}

// roundUp is for Object, where upstream does not guard the number of replicas
// against overflow (GetObjectPerPodMetricReplicas).
func roundUp(replicas float64) int32 { return int32(math.Ceil(replicas)) }

func clamp(replicas float64) int32 {
	if replicas = math.Ceil(replicas); replicas > math.MaxInt32 {
		return math.MaxInt32
	}
	return int32(replicas)
}

func (c *calculator) object(source *autoscalingv2.ObjectMetricSource, selector labels.Selector) (int64, error) {
	ref := &source.DescribedObject
	value, _, err := c.view.Metrics.Object(source.Metric.Name, ref, selector)
	if err != nil {
		return 0, fmt.Errorf("unable to get metric %s on %s %s/%s: %w", source.Metric.Name, ref.Kind, c.view.HPA.Namespace,
			ref.Name, err)
	}
	return value, nil
}

func (c *calculator) external(source *autoscalingv2.ExternalMetricSource) ([]int64, error) {
	name, selector := source.Metric.Name, source.Metric.Selector
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, err
	}
	values, _, err := c.view.Metrics.External(name, parsed)
	if err != nil {
		return nil, fmt.Errorf("unable to get external metric %s/%s/%+v: %s", c.view.HPA.Namespace, name, selector, err)
	}
	return values, nil
}

// sumOf stops at the largest number (GetExternalMetricReplicas).
func sumOf(values []int64) (sum int64) {
	for _, value := range values {
		if value > 0 && sum > math.MaxInt64-value {
			return math.MaxInt64
		}
		sum += value
	}
	return sum
}
