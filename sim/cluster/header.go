package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/control/daemonset"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ExternalKey is the key of what containers call outside the cluster, among
// the keys of Services.
func ExternalKey(name string) string { return "external/" + name }

// Header is the record that heads the stream of a Spec's replications.
func (s *Spec) Header() record.Run {
	run := record.Run{
		Schema: record.Schema, Scenario: s.Name, Description: s.Description, Seed: s.Seed,
		Replications: s.Replications, Duration: sim.Time(s.Duration),
		Expectations: s.Expectations, Assumptions: s.Assumptions, Ignored: s.Ignored,
	}
	addNodes := func(list []*v1.Node, joins sim.Time) {
		for _, n := range list {
			run.Nodes = append(run.Nodes, record.Node{
				Name: n.Name, Pool: s.Pools[n.Name], InstanceType: n.Labels[v1.LabelInstanceTypeStable],
				USDPerHour: s.USDPerHour[n.Name], Allocatable: resources(n.Status.Allocatable), Joins: joins,
			})
		}
	}
	addNodes(s.Nodes, 0)
	for _, step := range s.Timeline {
		if a, is := step.Action.(NodeAdd); is {
			addNodes(a.Nodes, step.At)
		}
	}
	var templates []podTemplate
	add := func(namespace, kind, name string, replicas int32, strategy string, podLabels map[string]string, spec *v1.PodSpec) {
		k := workloadKey(namespace, kind, name)
		templates = append(templates, podTemplate{k, namespace, podLabels, replicas})
		run.Workloads = append(run.Workloads, describeWorkload(k, replicas, strategy, spec))
	}
	var services []*v1.Service
	for _, object := range s.Objects {
		switch o := object.(type) {
		case *appsv1.Deployment:
			add(o.Namespace, "Deployment", o.Name, *o.Spec.Replicas, strategyText(o), o.Spec.Template.Labels, &o.Spec.Template.Spec)
		case *appsv1.ReplicaSet:
			add(o.Namespace, "ReplicaSet", o.Name, *o.Spec.Replicas, "", o.Spec.Template.Labels, &o.Spec.Template.Spec)
		case *appsv1.StatefulSet:
			add(o.Namespace, "StatefulSet", o.Name, *o.Spec.Replicas, updateText(o), o.Spec.Template.Labels, &o.Spec.Template.Spec)
		case *batchv1.Job:
			add(o.Namespace, "Job", o.Name, *o.Spec.Parallelism, jobText(o), o.Spec.Template.Labels, &o.Spec.Template.Spec)
		case *batchv1.CronJob:
			j := cronjob.NewJob(o)
			add(o.Namespace, "CronJob", o.Name, *j.Spec.Parallelism, cronText(o)+" "+jobText(j), j.Spec.Template.Labels, &j.Spec.Template.Spec)
		case *appsv1.DaemonSet:
			add(o.Namespace, "DaemonSet", o.Name, int32(daemonset.DesiredNodes(o, s.Nodes)), daemonText(o), o.Spec.Template.Labels, &o.Spec.Template.Spec)
		case *v1.Pod:
			add(o.Namespace, "Pod", o.Name, 1, "", o.Labels, &o.Spec)
		case *v1.Service:
			services = append(services, o)
		}
	}
	s.describeServices(&run, services, templates)
	s.describeSelectors(&run, templates)
	return run
}

// describeServices lists what requests can be sent to, with the workloads behind
// it.
func (s *Spec) describeServices(run *record.Run, services []*v1.Service, templates []podTemplate) {
	entry, objectives := map[string]bool{}, map[string]*record.Objective{}
	for _, t := range s.Traffic {
		of := key(t.Namespace, t.Service)
		if t.Queue != "" {
			of = t.Queue
		}
		entry[of] = true
		if o := t.Objective; o != (load.Objective{}) {
			objectives[of] = &record.Objective{Latency: sim.Time(o.Latency), Share: o.Share}
		}
	}
	for _, o := range services {
		service := record.Service{Key: key(o.Namespace, o.Name)}
		if len(o.Spec.Selector) > 0 {
			selector := labels.SelectorFromSet(o.Spec.Selector)
			for _, t := range templates {
				if t.namespace == o.Namespace && selector.Matches(labels.Set(t.labels)) {
					service.Workloads = append(service.Workloads, t.key)
				}
			}
		}
		service.Entry, service.Objective = entry[service.Key], objectives[service.Key]
		run.Services = append(run.Services, service)
	}
	for _, q := range s.Queues {
		run.Services = append(run.Services, record.Service{Key: q.Key, Entry: true, Objective: objectives[q.Key], Workloads: []string{q.Workload}})
	}
	for _, e := range s.Externals {
		run.Services = append(run.Services, record.Service{Key: e.Name, External: true})
	}
}

func updateText(s *appsv1.StatefulSet) string {
	text := string(s.Spec.UpdateStrategy.Type)
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil {
		if r.Partition != nil && *r.Partition > 0 {
			text += fmt.Sprintf(" partition=%d", *r.Partition)
		}
		if r.MaxUnavailable != nil {
			text += " maxUnavailable=" + r.MaxUnavailable.String()
		}
	}
	return text + " " + string(s.Spec.PodManagementPolicy)
}

// jobText is what a Job does until when.
func jobText(o *batchv1.Job) string {
	s := &o.Spec
	text := string(*s.CompletionMode)
	if s.Completions != nil {
		text += fmt.Sprintf(" completions=%d", *s.Completions)
	}
	text += fmt.Sprintf(" parallelism=%d", *s.Parallelism)
	if s.BackoffLimitPerIndex != nil {
		text += fmt.Sprintf(" backoffLimitPerIndex=%d", *s.BackoffLimitPerIndex)
	} else {
		text += fmt.Sprintf(" backoffLimit=%d", *s.BackoffLimit)
	}
	if s.ActiveDeadlineSeconds != nil {
		text += fmt.Sprintf(" activeDeadlineSeconds=%d", *s.ActiveDeadlineSeconds)
	}
	return text + " " + string(s.Template.Spec.RestartPolicy)
}

// cronText is when the Jobs of a CronJob start.
func cronText(o *batchv1.CronJob) string {
	text := fmt.Sprintf("%q", o.Spec.Schedule)
	if o.Spec.TimeZone != nil {
		text += " " + *o.Spec.TimeZone
	}
	text += " " + string(o.Spec.ConcurrencyPolicy)
	if o.Spec.StartingDeadlineSeconds != nil {
		text += fmt.Sprintf(" startingDeadlineSeconds=%d", *o.Spec.StartingDeadlineSeconds)
	}
	return text
}

func daemonText(ds *appsv1.DaemonSet) string {
	r := ds.Spec.UpdateStrategy.RollingUpdate
	if r == nil {
		return string(ds.Spec.UpdateStrategy.Type)
	}
	return fmt.Sprintf("%s maxSurge=%s maxUnavailable=%s", ds.Spec.UpdateStrategy.Type, r.MaxSurge, r.MaxUnavailable)
}

func describeWorkload(k string, replicas int32, strategy string, spec *v1.PodSpec) record.Workload {
	w := record.Workload{Key: k, Replicas: replicas, Strategy: strategy}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		budget, probe := startBudget(c)
		w.Containers = append(w.Containers, record.Container{
			Name: c.Name, Image: c.Image, Requests: resources(c.Resources.Requests), Limits: resources(c.Resources.Limits),
			StartBudget: budget, StartProbe: probe,
		})
		w.Readiness = w.Readiness || c.ReadinessProbe != nil
	}
	return w
}

func strategyText(d *appsv1.Deployment) string {
	r := d.Spec.Strategy.RollingUpdate
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType || r == nil {
		return string(d.Spec.Strategy.Type)
	}
	return fmt.Sprintf("RollingUpdate maxSurge=%s maxUnavailable=%s", r.MaxSurge, r.MaxUnavailable)
}
