package cluster

import (
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/describe"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Header is the record that heads the stream of a Spec's replications.
func (s *Spec) Header() record.Run {
	run := record.Run{
		Schema: record.Schema, Scenario: s.Name, Description: s.Description, Seed: s.Seed,
		Replications: s.Replications, Duration: sim.Time(s.Duration),
		Expectations: s.Expectations, Assumptions: s.Assumptions, Ignored: s.Ignored,
		Silences: s.Silences,
	}
	for _, g := range s.Guesses {
		run.Guesses = append(run.Guesses, g.Guess)
	}
	addNodes := func(list []*v1.Node, joins sim.Time) {
		for _, n := range list {
			allocatable := apiserver.Resources(n.Status.Allocatable)
			allocatable.GPU = max(allocatable.GPU, s.Devices.GPUs(n))
			run.Nodes = append(run.Nodes, record.Node{
				Name: n.Name, Pool: s.Pools[n.Name], InstanceType: n.Labels[v1.LabelInstanceTypeStable],
				USDPerHour: s.USDPerHour[n.Name], Allocatable: allocatable, Joins: joins,
			})
		}
	}
	addNodes(s.Nodes, 0)
	for _, step := range s.Timeline {
		if a, is := step.Action.(NodeAdd); is {
			addNodes(a.Nodes, step.At)
		}
	}
	table := s.Kinds()
	templates, made := &describe.Templates{}, []describe.Template{}
	for _, object := range s.Objects {
		if workload, pods, is := describe.Workload(object, table, s.Nodes); is {
			templates.Add(pods)
			made = append(made, pods)
			run.Workloads = append(run.Workloads, workload)
		}
	}
	s.describeServices(&run, templates)
	for _, object := range s.Objects {
		if b, is := object.(*policyv1.PodDisruptionBudget); is {
			run.Budgets = append(run.Budgets, describe.Budget(b, templates))
		}
	}
	also := describe.AlsoSelected(s.Objects, table, templates)
	for i := range run.Workloads {
		run.Workloads[i].AlsoSelects = also[run.Workloads[i].Key]
		run.Workloads[i].Spread = describe.Spreads(made[i], templates, s.Nodes)
	}
	return run
}

// describeServices lists what requests can be sent to, with the workloads behind
// it.
func (s *Spec) describeServices(run *record.Run, templates *describe.Templates) {
	entry, objectives := map[string]bool{}, map[string]*record.Objective{}
	for _, t := range s.Traffic {
		of := kinds.Key(t.Namespace, t.Service)
		if t.Queue != "" {
			of = t.Queue
		}
		entry[of] = true
		if o := t.Objective; o != (load.Objective{}) {
			objectives[of] = &record.Objective{Latency: sim.Time(o.Latency), Share: o.Share}
		}
	}
	for _, object := range s.Objects {
		if o, is := object.(*v1.Service); is {
			service := describe.Service(o, templates)
			service.Entry, service.Objective = entry[service.Key], objectives[service.Key]
			run.Services = append(run.Services, service)
		}
	}
	for _, q := range s.Queues {
		run.Services = append(run.Services, record.Service{Key: q.Key, Entry: true, Objective: objectives[q.Key],
			Workloads: []string{q.Workload}})
	}
	for _, e := range s.Externals {
		run.Services = append(run.Services, record.Service{Key: e.Name, External: true})
	}
}
