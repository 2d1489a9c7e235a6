package oracle

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/hpa"
	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// mutant is a controller of the simulated cluster with a rule that is not
// Kubernetes'. The comparison has to tell.
type mutant struct {
	controller, rule string
	// scenario is one in which the rule matters; both worlds agree on it.
	scenario func(*scenarios)
	// broken gives the simulated controller its rule, by way of what it is told.
	broken func(*cluster.Spec)
}

// object finds an object of the scenario.
func object[T runtime.Object](s *cluster.Spec) T {
	for _, o := range s.Objects {
		if found, is := o.(T); is {
			return found
		}
	}
	panic("the scenario has no such object")
}

var labelsOfA = map[string]string{"app": "a"}

func metaOfA() metav1.ObjectMeta { return metav1.ObjectMeta{Name: "a", Namespace: namespace} }

// plain is the template of a pod that asks for little.
func (r *scenarios) plain() v1.PodTemplateSpec {
	t := r.template(labelsOfA)
	t.Spec.Affinity, t.Spec.TopologySpreadConstraints, t.Spec.PriorityClassName = nil, nil, ""
	t.Spec.Tolerations = nil
	t.Spec.Containers[0].Resources.Requests[v1.ResourceCPU] = resource.MustParse("100m")
	return t
}

func (r *scenarios) plainDeployment(replicas int32, change func(*apps.Deployment)) {
	d := &apps.Deployment{ObjectMeta: metaOfA(), Spec: apps.DeploymentSpec{Replicas: &replicas,
		Selector: &metav1.LabelSelector{MatchLabels: labelsOfA}, Template: r.plain()}}
	if change != nil {
		change(d)
	}
	r.add(d)
}

func ofA(kind string) cluster.ObjectRef { return workload{kind: kind, name: "a"}.ref() }

func (r *scenarios) later80s(action cluster.Action) {
	r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: 80_123e6, Action: action})
}

func newImage(kind string) cluster.Action {
	return cluster.SetImage{Target: ofA(kind), Container: mainContainer, Image: "app:v2"}
}

// failingJob is how the pods of a Job a fail.
var failingJob = cluster.Workload{Kind: "Job", Name: "a", Container: mainContainer, Behaviour: kubelet.Behaviour{
	OnTerminate: kubelet.Exit, Runs: distribution.Constant(5), ExitCode: 1,
}}

var mutants = []mutant{
	{"deployment", "rounds maxSurge down", func(r *scenarios) {
		r.plainDeployment(6, nil)
		r.later80s(newImage("Deployment"))
	}, func(s *cluster.Spec) {
		object[*apps.Deployment](s).Spec.Strategy.RollingUpdate.MaxSurge = ptr.To(intstr.FromInt32(1))
	}},
	{"deployment", "forgets minReadySeconds", func(r *scenarios) {
		r.plainDeployment(4, func(d *apps.Deployment) { d.Spec.MinReadySeconds = 9 })
		r.later80s(newImage("Deployment"))
	}, func(s *cluster.Spec) { object[*apps.Deployment](s).Spec.MinReadySeconds = 0 }},
	{"statefulset", "does not wait for the pod before", func(r *scenarios) {
		r.add(&apps.StatefulSet{ObjectMeta: metaOfA(), Spec: apps.StatefulSetSpec{Replicas: ptr.To[int32](3),
			Selector: &metav1.LabelSelector{MatchLabels: labelsOfA}, Template: r.plain()}})
	}, func(s *cluster.Spec) {
		object[*apps.StatefulSet](s).Spec.PodManagementPolicy = apps.ParallelPodManagement
	}},
	{"daemonset", "updates two nodes at a time", func(r *scenarios) {
		r.add(&apps.DaemonSet{ObjectMeta: metaOfA(),
			Spec: apps.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labelsOfA}, Template: r.plain()}})
		r.later80s(newImage("DaemonSet"))
	}, func(s *cluster.Spec) {
		object[*apps.DaemonSet](s).Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.FromInt32(2))
	}},
	{"job", "retries once more", func(r *scenarios) {
		j := &batch.Job{ObjectMeta: metaOfA(), Spec: batch.JobSpec{BackoffLimit: ptr.To[int32](1), Template: r.plain()}}
		j.Spec.Template.Spec.RestartPolicy = v1.RestartPolicyNever
		r.add(j)
		r.spec.Workloads = append(r.spec.Workloads, failingJob)
	}, func(s *cluster.Spec) { object[*batch.Job](s).Spec.BackoffLimit = ptr.To[int32](2) }},
	{"cronjob", "does not wait for the Job before", func(r *scenarios) {
		r.add(r.cronJobOf("a", func(s *batch.CronJobSpec) { s.ConcurrencyPolicy = batch.ForbidConcurrent }))
		r.spec.Workloads = append(r.spec.Workloads, cluster.Workload{Kind: "CronJob", Name: "a", Behaviour: kubelet.Behaviour{
			OnTerminate: kubelet.Exit, Runs: distribution.Constant(80),
		}})
	}, func(s *cluster.Spec) {
		object[*batch.CronJob](s).Spec.ConcurrencyPolicy = batch.AllowConcurrent
	}},
	{"horizontalpodautoscaler", "has a tolerance of 30 %", func(r *scenarios) {
		r.plainDeployment(4, nil)
		r.later()
		r.spec.Timeline = append(r.spec.Timeline,
			cluster.Step{At: 1e9, Action: cluster.SetMetric{Namespace: namespace, Name: "queue-a",
				Value: resource.MustParse("50")}})
		r.add(&autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metaOfA(), Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "a"},
			MinReplicas:    ptr.To[int32](1), MaxReplicas: 9,
			Metrics: []autoscalingv2.MetricSpec{
				{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "queue-a"}, Target: autoscalingv2.MetricTarget{
						Type: autoscalingv2.AverageValueMetricType, AverageValue: ptr.To(resource.MustParse("10"))},
				}}},
		}})
	}, func(s *cluster.Spec) {
		s.Autoscaler = hpa.DefaultConfig()
		s.Autoscaler.Tolerance = 0.3
	}},
	{"disruption", "lets one pod more go", func(r *scenarios) {
		r.plainDeployment(4, nil)
		r.add(&policyv1.PodDisruptionBudget{ObjectMeta: metaOfA(), Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labelsOfA}, MinAvailable: ptr.To(intstr.FromInt32(4))}})
		r.later80s(cluster.Drain{Node: "n1", IgnoreDaemonSets: true})
	}, func(s *cluster.Spec) {
		object[*policyv1.PodDisruptionBudget](s).Spec.MinAvailable = ptr.To(intstr.FromInt32(3))
	}},
	{"nodelifecycle", "waits 30 s less for a lease", func(r *scenarios) {
		r.plainDeployment(4, nil)
		r.later80s(cluster.NodeFail{Node: "n1"})
		for _, key := range []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable} {
			spec := &object[*apps.Deployment](r.spec).Spec.Template.Spec
			spec.Tolerations = append(spec.Tolerations, v1.Toleration{Key: key, Operator: v1.TolerationOpExists,
				Effect: v1.TaintEffectNoExecute, TolerationSeconds: ptr.To[int64](20)})
		}
	}, func(s *cluster.Spec) {
		s.NodeLifecycle = lifecycle.DefaultConfig()
		s.NodeLifecycle.NodeMonitorGracePeriod = 20 * time.Second
	}},
	{"tainteviction", "forgets tolerationSeconds", func(r *scenarios) {
		r.plainDeployment(4, nil)
		spec := &object[*apps.Deployment](r.spec).Spec.Template.Spec
		spec.Tolerations = []v1.Toleration{
			{Key: "maintenance", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute,
				TolerationSeconds: ptr.To[int64](25)}}
		r.later80s(cluster.Taint{Node: "n1", Add: []v1.Taint{{Key: "maintenance", Effect: v1.TaintEffectNoExecute}}})
	}, func(s *cluster.Spec) {
		object[*apps.Deployment](s).Spec.Template.Spec.Tolerations[0].TolerationSeconds = ptr.To[int64](0)
	}},
	{"scheduler", "fills the fullest node", func(r *scenarios) {
		r.plainDeployment(6, nil)
	}, func(s *cluster.Spec) {
		cfg, err := sched.LoadConfig([]byte(mostAllocated))
		if err != nil {
			panic(err)
		}
		s.Scheduler = cfg
	}},
	{"resourcequota", "lets every ReplicaSet in", func(r *scenarios) {
		r.add(r.quota(v1.ResourceList{"count/replicasets.apps": resource.MustParse("1")}))
		r.plainDeployment(4, nil)
		r.later80s(newImage("Deployment"))
	}, func(s *cluster.Spec) {
		object[*v1.ResourceQuota](s).Spec.Hard["count/replicasets.apps"] = resource.MustParse("2")
	}},
	{"resourcequota", "lets every revision in", func(r *scenarios) {
		r.add(r.quota(v1.ResourceList{"count/controllerrevisions.apps": resource.MustParse("1")}))
		r.add(&apps.StatefulSet{ObjectMeta: metaOfA(), Spec: apps.StatefulSetSpec{
			Replicas: ptr.To[int32](3), Selector: &metav1.LabelSelector{MatchLabels: labelsOfA}, Template: r.plain(),
		}})
		r.later80s(newImage("StatefulSet"))
	}, func(s *cluster.Spec) {
		object[*v1.ResourceQuota](s).Spec.Hard["count/controllerrevisions.apps"] = resource.MustParse("2")
	}},
	{"garbagecollector", "leaves the pods of what is deleted", func(r *scenarios) {
		r.plainDeployment(3, nil)
		r.later80s(cluster.Delete{Target: ofA("Deployment")})
	}, func(s *cluster.Spec) { s.Timeline = nil }},
}

const mostAllocated = `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 100}]}}
`

// TestBrokenRulesAreSeen: both worlds agree on each scenario, and do not once a
// rule of a simulated controller is broken.
func TestBrokenRulesAreSeen(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.controller+" "+m.rule, func(t *testing.T) {
			t.Parallel()
			draw := func() *cluster.Spec {
				r := newScenarios(42)
				r.nodes()
				for _, n := range r.spec.Nodes {
					n.Spec.Taints = nil
					n.Status.Allocatable[v1.ResourcePods] = resource.MustParse("110")
				}
				m.scenario(r)
				slices.SortStableFunc(r.spec.Timeline, func(a, b cluster.Step) int { return int(a.At/1e6 - b.At/1e6) })
				r.spec.Duration = 5 * time.Minute
				return r.spec
			}
			records, ours := simulate(t, draw())
			theirs := play(t, draw(), scriptOf(records), 0)
			c := truth.Compare(theirs, ours, truth.Check{Sizes: "envelope"})
			var text bytes.Buffer
			require.NoError(t, c.WriteText(&text, false))
			require.True(t, c.Equal(), text.String())

			broken := draw()
			m.broken(broken)
			records, ours = simulate(t, broken)
			theirs = play(t, draw(), scriptOf(records), 0)
			require.False(t, truth.Compare(theirs, ours, truth.Check{Sizes: "envelope"}).Equal())
		})
	}
}
