package oracle

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	simulated "github.com/kube-rehearse/rehearse/sim/manager"
)

// crowd begins a scenario with some large machines, on which the limits of the
// clients and the workers say how long things take.
func crowd(machines int) *scenarios {
	r := newScenarios(1)
	for i := range machines {
		name := fmt.Sprint("n", i+1)
		list := v1.ResourceList{v1.ResourceCPU: resource.MustParse("400"), v1.ResourceMemory: resource.MustParse("400Gi"),
			v1.ResourcePods: resource.MustParse("130")}
		n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: played,
			Labels: map[string]string{v1.LabelHostname: name}}}
		n.Status.Capacity, n.Status.Allocatable = list, list.DeepCopy()
		r.spec.Pools[name] = "pool"
		r.spec.Nodes = append(r.spec.Nodes, n)
	}
	return r
}

func (r *scenarios) step(at time.Duration, action cluster.Action) {
	r.spec.Timeline = append(r.spec.Timeline, cluster.Step{At: sim.Time(at), Action: action})
}

func (r *scenarios) many(name string, replicas int32) workload {
	labels := map[string]string{"app": name}
	t := r.plain()
	t.Labels = labels
	t.Spec.Tolerations = []v1.Toleration{{Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute,
		TolerationSeconds: ptr.To[int64](20)}}
	r.add(&apps.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: apps.DeploymentSpec{
		Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: t,
	}})
	return workload{kind: "Deployment", name: name}
}

// comeAndGo are so many Deployments of two pods that come and go together.
func (r *scenarios) comeAndGo(n int) *scenarios {
	for i := range n {
		w := r.many(fmt.Sprintf("d%02d", i), 2)
		r.step(100*time.Second, cluster.Delete{Target: w.ref()})
	}
	return r
}

// TestCrowds: where much happens at once it is not decisions that take time but
// requests: the events and writes of a controller wait for their turn at its
// client, and objects for a worker.
func TestCrowds(t *testing.T) {
	for name, draw := range map[string]func() *scenarios{
		"a large Deployment comes and goes": func() *scenarios {
			r := crowd(2)
			w := r.many("a", 120)
			r.step(100*time.Second, cluster.Delete{Target: w.ref()})
			return r
		},
		"many Deployments come and go": func() *scenarios {
			r := crowd(2)
			return r.comeAndGo(50)
		},
		"many Deployments with higher limits and more workers": func() *scenarios {
			r := crowd(2)
			r.spec.Controllers = simulated.DefaultConfig()
			r.spec.Controllers.QPS, r.spec.Controllers.Burst = 100, 150
			r.spec.Controllers.Workers.Deployment, r.spec.Controllers.Workers.ReplicaSet, r.spec.Controllers.Workers.GC = 20, 20,
				40
			return r.comeAndGo(50)
		},
		"some Deployments with lower limits and one worker": func() *scenarios {
			r := crowd(1)
			r.spec.Controllers = simulated.DefaultConfig()
			r.spec.Controllers.QPS, r.spec.Controllers.Burst = 5, 6
			r.spec.Controllers.Workers.Deployment, r.spec.Controllers.Workers.ReplicaSet, r.spec.Controllers.Workers.GC = 1, 2, 1
			return r.comeAndGo(12)
		},
		"many Deployments get a new image": func() *scenarios {
			r := crowd(2)
			for i := range 30 {
				w := r.many(fmt.Sprintf("d%02d", i), 1)
				r.step(100*time.Second, cluster.SetImage{Target: w.ref(), Container: mainContainer, Image: "app:v2"})
			}
			return r
		},
		"a Deployment grows and shrinks": func() *scenarios {
			r := crowd(2)
			w := r.many("a", 10)
			r.step(70*time.Second, cluster.Scale{Target: w.ref(), Replicas: 90})
			r.step(140*time.Second, cluster.Scale{Target: w.ref(), Replicas: 5})
			return r
		},
		"a machine with many pods fails": func() *scenarios {
			r := crowd(1)
			r.many("a", 60)
			r.step(80*time.Second, cluster.NodeFail{Node: "n1"})
			return r
		},
		"a parallel StatefulSet comes and goes": func() *scenarios {
			r := crowd(1)
			labels := map[string]string{"app": "s"}
			template := r.plain()
			template.Labels = labels
			r.add(&apps.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: namespace}, Spec: apps.StatefulSetSpec{
				Replicas: ptr.To[int32](60), Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template,
				PodManagementPolicy: apps.ParallelPodManagement,
			}})
			r.step(100*time.Second, cluster.Delete{Target: workload{kind: "StatefulSet", name: "s"}.ref()})
			return r
		},
		"a wide Job": func() *scenarios {
			r := crowd(1)
			template := r.plain()
			template.Spec.RestartPolicy = v1.RestartPolicyNever
			r.add(&batch.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: namespace}, Spec: batch.JobSpec{
				Parallelism: ptr.To[int32](60), Completions: ptr.To[int32](60), Template: template,
			}})
			r.step(100*time.Second, cluster.Delete{Target: workload{kind: "Job", name: "j"}.ref()})
			return r
		},
		"Jobs are suspended": func() *scenarios {
			r := crowd(1)
			var suspended []runtime.Object
			for i := range 4 {
				template := r.plain()
				template.Spec.RestartPolicy = v1.RestartPolicyNever
				r.add(&batch.Job{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("j", i), Namespace: namespace}, Spec: batch.JobSpec{
					Parallelism: ptr.To[int32](10), Completions: ptr.To[int32](10), Template: template,
				}})
				o := r.spec.Objects[i].DeepCopyObject().(*batch.Job)
				o.Spec.Suspend = ptr.To(true)
				suspended = append(suspended, o)
			}
			r.step(100*time.Second, cluster.Apply{Objects: suspended})
			return r
		},
		"many Jobs end and go after their time to live": func() *scenarios {
			r := crowd(1)
			r.spec.Controllers = simulated.DefaultConfig()
			r.spec.Controllers.QPS, r.spec.Controllers.Burst, r.spec.Controllers.Workers.TTLAfterFinished = 10, 10, 2
			r.spec.Workloads = append(r.spec.Workloads, cluster.Workload{Kind: "Job", Container: mainContainer,
				Behaviour: kubelet.Behaviour{Runs: distribution.Constant(20)}})
			var short []runtime.Object
			for i := range 25 {
				template := r.plain()
				template.Spec.RestartPolicy = v1.RestartPolicyNever
				r.add(&batch.Job{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("j%02d", i), Namespace: namespace},
					Spec: batch.JobSpec{Template: template}})
				o := r.spec.Objects[i].DeepCopyObject().(*batch.Job)
				o.Spec.TTLSecondsAfterFinished = ptr.To[int32](10)
				short = append(short, o)
			}
			r.step(120*time.Second, cluster.Apply{Objects: short})
			return r
		},
		"many autoscalers": func() *scenarios {
			r := crowd(1)
			r.spec.Controllers = simulated.DefaultConfig()
			r.spec.Controllers.QPS, r.spec.Controllers.Burst, r.spec.Controllers.Workers.HorizontalPodAutoscaler = 5, 8, 2
			for i := range 25 {
				w := r.many(fmt.Sprintf("d%02d", i), 1)
				r.add(&autoscaling.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: w.name, Namespace: namespace},
					Spec: autoscaling.HorizontalPodAutoscalerSpec{
						ScaleTargetRef: autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: w.kind, Name: w.name},
						MaxReplicas:    5,
						Metrics: []autoscaling.MetricSpec{
							{Type: autoscaling.ExternalMetricSourceType, External: &autoscaling.ExternalMetricSource{
								Metric: autoscaling.MetricIdentifier{Name: "queue"},
								Target: autoscaling.MetricTarget{Type: autoscaling.AverageValueMetricType,
									AverageValue: ptr.To(resource.MustParse("10"))},
							}}},
					}})
			}
			r.step(50*time.Second, cluster.SetMetric{Namespace: namespace, Name: "queue", Value: resource.MustParse("20")})
			return r
		},
		"many pods wait for a machine": func() *scenarios {
			r := crowd(3)
			r.many("a", 240)
			late := r.spec.Nodes
			r.spec.Nodes = nil
			r.step(100_400*time.Millisecond, cluster.NodeAdd{Nodes: late})
			return r
		},
		// While the garbage collector is busy the new one finds the ReplicaSet of the
		// old one, and takes another name.
		"a Deployment is deleted and made again": func() *scenarios {
			r := crowd(1)
			w, other := r.many("a", 12), r.many("b", 60)
			again := r.spec.Objects[0].DeepCopyObject()
			r.step(80*time.Second, cluster.Delete{Target: other.ref()})
			r.step(80_100*time.Millisecond, cluster.Delete{Target: w.ref()})
			r.step(80_100*time.Millisecond, cluster.Apply{Objects: []runtime.Object{again}})
			return r
		},
		"a DaemonSet on many machines": func() *scenarios {
			r := crowd(60)
			labels := map[string]string{"app": "d"}
			template := r.plain()
			template.Labels = labels
			r.add(&apps.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "d", Namespace: namespace}, Spec: apps.DaemonSetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template,
			}})
			r.step(100*time.Second, cluster.Delete{Target: workload{kind: "DaemonSet", name: "d"}.ref()})
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := draw()
			r.spec.Duration = 200 * time.Second
			records, ours := simulate(t, r.spec)
			o := truth.Compare(play(t, r.spec, scriptOf(records), 0), ours, truth.Check{
				Sizes: "envelope", Placement: "none", Ages: "any",
				Slack: 500 * time.Millisecond, // the garbage collector takes what is to go in the order of a map
				// Whose turn it is among many that wait for the same workers is chance.
				Ignore: []truth.Kind{truth.Available, truth.Progress},
			})
			var text bytes.Buffer
			require.NoError(t, o.WriteText(&text, *all))
			require.True(t, o.Equal(), text.String())
			t.Log(strings.TrimSpace(text.String()))
		})
	}
}
