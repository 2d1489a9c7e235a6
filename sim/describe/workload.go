// Package describe says in the words of records what objects of the API are:
// workloads and how they are updated, whose pods a Service or a budget selects,
// what is requested, what a metric shows. It knows nothing of a run.
package describe

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Template is the pods of a workload, for who selects them.
type Template struct {
	Key, Namespace string
	Labels         map[string]string
	Replicas       int32
	Spec           *v1.PodSpec
}

// Workload describes an object that makes pods, or a bare Pod; others are none.
// nodes are those that a DaemonSet finds. table has the kinds of extensions, whose
// way of updating their pods is not described.
func Workload(object runtime.Object, table *kinds.Table, nodes []*v1.Node) (w record.Workload, pods Template, is bool) {
	of := func(o metav1.Object, kind string, replicas int32, strategy record.Strategy, template *v1.PodTemplateSpec) (
		record.Workload, Template, bool) {
		k := kinds.WorkloadKey(o.GetNamespace(), kind, o.GetName())
		return workload(k, replicas, strategy, &template.Spec), Template{k, o.GetNamespace(),
			template.Labels, replicas, &template.Spec}, true
	}
	switch o := object.(type) {
	case *appsv1.Deployment:
		return of(o, "Deployment", *o.Spec.Replicas, deploymentUpdate(o), &o.Spec.Template)
	case *appsv1.ReplicaSet:
		return of(o, "ReplicaSet", *o.Spec.Replicas, record.Strategy{}, &o.Spec.Template)
	case *appsv1.StatefulSet:
		return of(o, "StatefulSet", *o.Spec.Replicas, setUpdate(o), &o.Spec.Template)
	case *batchv1.Job:
		return of(o, "Job", *o.Spec.Parallelism, record.Strategy{Jobs: jobPlan(o)}, &o.Spec.Template)
	case *batchv1.CronJob:
		j := cronjob.NewJob(o)
		return of(o, "CronJob", *j.Spec.Parallelism, record.Strategy{Schedule: cronSchedule(o), Jobs: jobPlan(j)},
			&j.Spec.Template)
	case *appsv1.DaemonSet:
		return of(o, "DaemonSet", int32(daemonset.DesiredNodes(o, nodes)), daemonUpdate(o), &o.Spec.Template)
	case *v1.Pod:
		return of(o, "Pod", 1, record.Strategy{}, &v1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec})
	}
	if k := table.Of(object); k != nil && k.Template != nil {
		o := object.(kinds.Object)
		return of(o, k.Kind, k.SizeOf(o), record.Strategy{}, k.Template(o))
	}
	return w, pods, false
}

func workload(k string, replicas int32, strategy record.Strategy, spec *v1.PodSpec) record.Workload {
	w := record.Workload{Key: k, Replicas: replicas, Strategy: strategy}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		budget, probe := startBudget(c)
		w.Containers = append(w.Containers, record.Container{
			Name: c.Name, Image: c.Image, Requests: apiserver.Resources(c.Resources.Requests),
			Limits:      apiserver.Resources(c.Resources.Limits),
			StartBudget: budget, StartProbe: probe,
		})
		w.Readiness = w.Readiness || c.ReadinessProbe != nil
	}
	if spec.Resources != nil && len(spec.Resources.Requests) > 0 {
		return w // which say what the pod requests, whatever its containers do
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		w.InitContainers = append(w.InitContainers, record.Container{Name: c.Name, Image: c.Image,
			Requests: apiserver.Resources(c.Resources.Requests), Limits: apiserver.Resources(c.Resources.Limits),
			Sidecar: podutil.IsRestartableInitContainer(c)})
	}
	return w
}

// startBudget is after which time a probe kills a container that does not
// listen: a probe fails at once where nobody does.
func startBudget(c *v1.Container) (after sim.Time, probe string) {
	p, probe := c.StartupProbe, "startup"
	if p == nil {
		p, probe = c.LivenessProbe, "liveness"
	}
	if p == nil {
		return 0, ""
	}
	seconds := p.InitialDelaySeconds + p.PeriodSeconds*p.FailureThreshold
	return sim.Time(time.Duration(seconds) * time.Second), probe
}
