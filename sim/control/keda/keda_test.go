package keda

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func n(i int32) *int32 { return &i }

// worker scales a Deployment by the length of a list.
func worker(change func(*ScaledObject)) *ScaledObject {
	s := &ScaledObject{
		ObjectMeta: metav1.ObjectMeta{Namespace: "jobs", Name: "worker", Annotations: map[string]string{}},
		Spec: Spec{
			ScaleTargetRef: &TargetRef{Name: "worker"},
			Triggers:       []Trigger{{Type: "redis", Metadata: map[string]string{"listName": "jobs", "listLength": "10"}}},
		},
	}
	if change != nil {
		change(s)
	}
	return s
}

// A course of polls: what the trigger shows, what spec.replicas is before, and
// what KEDA makes of it.
func TestScaleLoop(t *testing.T) {
	type turn struct {
		at       time.Duration
		length   float64 // -1 is no value
		replicas int32
		want     int32 // what is written; -1 is nothing
		reason   string
	}
	for _, c := range []struct {
		rule   string
		change func(*ScaledObject)
		turns  []turn
	}{
		{"from nothing to one at once, back to nothing after the cooldown of 300 s", nil, []turn{
			{0, 0, 0, -1, "triggers are not active"},
			{30 * time.Second, 1, 0, 1, "triggered by s0-redis-jobs"},
			{60 * time.Second, 50, 1, -1, "triggers are active"}, // more is up to the autoscaler
			{90 * time.Second, 0, 5, -1, "cooling down"},
			{360 * time.Second, 0, 1, -1, "cooling down"}, // 300 s after the last activity, not more
			{390 * time.Second, 0, 1, 0, "the cooldown is over"},
		}},
		{"what nobody saw active goes at once, but after initialCooldownPeriod",
			func(s *ScaledObject) { s.Spec.InitialCooldownPeriod = n(60) }, []turn{
				{30 * time.Second, 0, 3, -1, "cooling down"},
				{90 * time.Second, 0, 3, 0, "the cooldown is over"},
			}},
		{"activation needs more than the activation threshold",
			func(s *ScaledObject) { s.Spec.Triggers[0].Metadata["activationListLength"] = "5" }, []turn{
				{0, 5, 0, -1, "not active"},
				{30 * time.Second, 6, 0, 1, "triggered by"},
			}},
		{"with a minimum KEDA holds only the minimum", func(s *ScaledObject) { s.Spec.MinReplicaCount = n(2) }, []turn{
			{0, 0, 1, 2, "below minReplicaCount"},
			{30 * time.Second, 0, 2, -1, "not active"},
			{600 * time.Second, 0, 5, -1, "not active"},
			{630 * time.Second, 9, 0, 2, "triggered by"},
		}},
		{"idleReplicaCount is where it rests", func(s *ScaledObject) {
			s.Spec.MinReplicaCount, s.Spec.IdleReplicaCount = n(3),
				n(1)
		}, []turn{
			{0, 0, 3, -1, "cooling down"}, // initialCooldownPeriod 0 has to be over
			{time.Second, 0, 3, 1, "the cooldown is over"},
			{30 * time.Second, 4, 1, 3, "triggered by"},
			{60 * time.Second, 4, 3, -1, "triggers are active"},
		}},
		{"a trigger without value leaves all as it is", nil, []turn{
			{0, -1, 2, -1, "triggers have no value"},
			{30 * time.Second, -1, 0, -1, "triggers have no value"},
		}},
		{"the fallback holds once the failures exceed the threshold", func(s *ScaledObject) {
			s.Spec.Fallback = &Fallback{FailureThreshold: 2, Replicas: 4}
		}, []turn{
			{0, -1, 0, -1, "after the failure threshold"},
			{30 * time.Second, -1, 0, -1, "after the failure threshold"},
			{60 * time.Second, -1, 0, 1, "triggered by"},
			{90 * time.Second, 0, 1, -1, "cooling down"},
		}},
		{"annotations stop one direction", func(s *ScaledObject) {
			s.Annotations[PausedScaleIn],
				s.Annotations[PausedScaleOut] = "true", "yes"
		}, []turn{
			{time.Hour, 0, 3, -1, "scaling in is paused"},
			{time.Hour, 7, 0, -1, "scaling out is paused"},
		}},
		{"an annotation forces the activation", func(s *ScaledObject) { s.Annotations[ForceActivation] = "true" }, []turn{
			{0, 0, 0, 1, "forced activation"},
			{time.Hour, 0, 1, -1, "active"},
		}},
		{"CPU alone can't activate, and never deactivates", func(s *ScaledObject) {
			s.Spec.Triggers = []Trigger{{Type: "cpu", MetricType: autoscalingv2.UtilizationMetricType,
				Metadata: map[string]string{"value": "60"}}}
		}, []turn{{time.Hour, 0, 3, -1, "triggers are active"}}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, state := worker(c.change), State{Created: start}
			for i, turn := range c.turns {
				ask := func(int) (float64, error) {
					if turn.length < 0 {
						return 0, errors.New("connection refused")
					}
					return turn.length, nil
				}
				d := Poll(s, &state, ask, turn.replicas, 0, start.Add(turn.at))
				got := int32(-1)
				if d.Scale != nil {
					got = *d.Scale
				}
				assert.Equal(t, turn.want, got, "turn %d: %s", i, d.Reason)
				assert.Contains(t, d.Reason, turn.reason, "turn %d", i)
			}
		})
	}
}

// The autoscaler gets the live value, the cached one, an error, or a fallback
// that makes it choose the replicas of the fallback.
func TestAnswers(t *testing.T) {
	length, fail := 25.0, false
	ask := func(int) (float64, error) {
		if fail {
			return 0, errors.New("connection refused")
		}
		return length, nil
	}
	s, state := worker(nil), State{Created: start}
	got, err := Answer(s, &state, 0, ask, 2, 2)
	require.NoError(t, err)
	assert.Equal(t, 25.0, got)

	fail = true
	_, err = Answer(s, &state, 0, ask, 2, 2)
	assert.EqualError(t, err, "metric:s0-redis-jobs encountered error")

	cached := worker(func(s *ScaledObject) { s.Spec.Triggers[0].UseCachedMetrics = true })
	state, fail = State{Created: start}, false
	Poll(cached, &state, ask, 1, 1, start)
	length = 90
	got, err = Answer(cached, &state, 0, ask, 1, 1)
	require.NoError(t, err)
	assert.Equal(t, 25.0, got)

	fail = true
	for behaviour, want := range map[string]float64{"": 40, "static": 40, "currentReplicas": 70,
		"currentReplicasIfHigher": 70, "currentReplicasIfLower": 40} {
		f := worker(func(s *ScaledObject) {
			s.Spec.Fallback = &Fallback{FailureThreshold: 0, Replicas: 4, Behavior: behaviour}
		})
		got, err = Answer(f, &State{Created: start}, 0, ask, 7, 5)
		require.NoError(t, err)
		assert.Equal(t, want, got, "%q: the threshold times the replicas", behaviour)
		f.Spec.Triggers[0].MetricType = valueTarget
		got, err = Answer(f, &State{Created: start}, 0, ask, 7, 5)
		require.NoError(t, err)
		assert.Equal(t, want/5, got, "%q: a Value is not divided by the replicas", behaviour)
	}
}

func TestAutoscalerOfAScaledObject(t *testing.T) {
	h := Autoscaler(worker(func(s *ScaledObject) {
		s.Spec.Triggers = append(s.Spec.Triggers,
			Trigger{Type: "cpu", MetricType: autoscalingv2.UtilizationMetricType, Metadata: map[string]string{"value": "60"}},
			Trigger{Type: "aws-sqs-queue", MetricType: valueTarget,
				Metadata: map[string]string{"queueURL": "https://sqs.eu-west-1.amazonaws.com/1/orders.fifo"}},
			Trigger{Type: "prometheus", Name: "rps", Metadata: map[string]string{"threshold": "2.5"}})
		s.Annotations[PausedScaleIn] = "true"
	}))
	assert.Equal(t, "keda-hpa-worker", h.Name)
	assert.Equal(t, int32(1), *h.Spec.MinReplicas)
	assert.Equal(t, int32(100), h.Spec.MaxReplicas)
	assert.Equal(t, autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "worker"},
		h.Spec.ScaleTargetRef)
	require.Len(t, h.Spec.Metrics, 4)
	external := func(i int) *autoscalingv2.ExternalMetricSource { return h.Spec.Metrics[i].External }
	assert.Equal(t, "s0-redis-jobs", external(0).Metric.Name)
	assert.Equal(t, map[string]string{OwnerLabel: "worker"}, external(0).Metric.Selector.MatchLabels)
	assert.Equal(t, "10", external(0).Target.AverageValue.String())
	assert.Equal(t, "s2-aws-sqs-queue-orders-fifo", external(1).Metric.Name)
	assert.Equal(t, "5", external(1).Target.Value.String(), "the scaler's own default")
	assert.Equal(t, "s3-prometheus", external(2).Metric.Name)
	assert.Equal(t, "2500m", external(2).Target.AverageValue.String())
	assert.Equal(t, int32(60), *h.Spec.Metrics[3].Resource.Target.AverageUtilization)
	assert.Equal(t, autoscalingv2.DisabledPolicySelect, *h.Spec.Behavior.ScaleDown.SelectPolicy)
	assert.Equal(t, int32(0), *h.Spec.Behavior.ScaleUp.StabilizationWindowSeconds, "with the API server's defaults")
}

func TestValidate(t *testing.T) {
	require.Empty(t, worker(nil).Validate())
	for want, change := range map[string]func(*ScaledObject){
		"spec.scaleTargetRef.name: must be given": func(s *ScaledObject) {
			s.Spec.ScaleTargetRef = nil
		},
		"spec.scaleTargetRef.kind: must be Deployment, StatefulSet or ReplicaSet, got \"Job\"": func(s *ScaledObject) {
			s.Spec.ScaleTargetRef.Kind = "Job"
		},
		"spec.pollingInterval: must be at least 1, got 0": func(s *ScaledObject) {
			s.Spec.PollingInterval = n(0)
		},
		"spec.minReplicaCount: MinReplicaCount=5 must be less than MaxReplicaCount=3": func(s *ScaledObject) {
			s.Spec.MinReplicaCount, s.Spec.MaxReplicaCount = n(5), n(3)
		},
		"spec.idleReplicaCount: IdleReplicaCount=0 must be less than MinReplicaCount=0": func(s *ScaledObject) {
			s.Spec.IdleReplicaCount = n(0)
		},
		"spec.triggers: must have at least one": func(s *ScaledObject) {
			s.Spec.Triggers = nil
		},
		"spec.triggers[0]: metadata.listLength: must be a number above 0, got \"many\"": func(s *ScaledObject) {
			s.Spec.Triggers[0].Metadata["listLength"] = "many"
		},
		"spec.triggers[0]: metadata: must have threshold": func(s *ScaledObject) {
			s.Spec.Triggers[0] = Trigger{Type: "prometheus"}
		},
		"spec.fallback: FailureThreshold=-1 & Replicas=2 must both be greater than or equal to 0": func(s *ScaledObject) {
			s.Spec.Fallback = &Fallback{FailureThreshold: -1, Replicas: 2}
		},
		"metadata.annotations: autoscaling.keda.sh/paused-replicas: must be a number from 0 on, got \"none\"": func(
			s *ScaledObject) {
			s.Annotations[PausedReplicas] = "none"
		},
		"spec.triggers[0].metricType: 'Utilization' metric type is unsupported for external metrics, allowed values are 'Value' or 'AverageValue'": func(s *ScaledObject) {
			s.Spec.Triggers[0].MetricType = autoscalingv2.UtilizationMetricType
		},
	} {
		faults := worker(change).Validate()
		require.Len(t, faults, 1, want)
		assert.Equal(t, want, faults[0].Field+": "+faults[0].Message)
	}
}
