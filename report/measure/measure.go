// Package measure measures metrics of a replication from its records alone: the error
// budget, turns, downtime by what brought it about, and what machines cost.
package measure

import (
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Metrics are those that are measured here.
var Metrics = []string{"service.turns.failed", "service.errorBudget.spent", "service.downtime", "service.downtime.rollout",
	"service.downtime.drain", "service.downtime.oom", "service.downtime.machine", "service.downtime.scale-down",
	"service.downtime.other", "cost.usdPerHour"}

// objective is that of error budgets when nobody says it.
const objective = 0.999

// Measures reads the records of a run, which somebody else has found to be in order.
type Measures struct {
	run      record.Run
	values   map[string][]stat.Value
	complete []bool
	current  *replication
}

// Add takes the next record.
func (m *Measures) Add(r record.Record) {
	if run, is := r.(record.Run); is {
		m.run, m.values = run, map[string][]stat.Value{}
		return
	}
	placed, is := r.(interface{ When() record.At })
	if !is {
		return
	}
	at := placed.When()
	if m.current == nil || m.current.index != at.Replication {
		m.leave()
		m.current = newReplication(m.run, at.Replication)
	}
	m.current.add(r, at.T)
}

// Into closes the stream and puts the values among those of a result: one for each
// replication, those of incomplete ones missing where any is complete.
func (m *Measures) Into(values map[string][]stat.Value) {
	m.leave()
	for key, list := range m.values {
		for i := range list {
			if !m.complete[i] && slices.Contains(m.complete, true) {
				list[i] = stat.Missing
			}
		}
		values[key] = list
	}
}

// leave measures the current replication.
func (m *Measures) leave() {
	r := m.current
	if r == nil {
		return
	}
	m.current = nil
	m.complete = append(m.complete, r.end == record.AtHorizon)
	put := func(metric, of string, v stat.Value) {
		key := result.MetricKey(metric, of)
		for len(m.values[key]) < len(m.complete)-1 {
			m.values[key] = append(m.values[key], stat.Missing)
		}
		m.values[key] = append(m.values[key], v)
	}
	for _, s := range m.run.Services {
		r.service(s.Key)
	}
	for key, s := range r.services {
		put("service.turns.failed", key, stat.Value(s.turnsFailed))
		put("service.errorBudget.spent", key, s.budgetSpent())
		all := sim.Time(0)
		for i, cause := range causes {
			put("service.downtime."+cause, key, stat.Value(s.down[i].Seconds()))
			all += s.down[i]
		}
		put("service.downtime", key, stat.Value(all.Seconds()))
	}
	put("cost.usdPerHour", "", r.cost())
}

// service is what is measured of one.
type service struct {
	objective           float64
	failed, late, ended int64
	turnsFailed         int64
	workloads           []string
	down                [len(causes)]sim.Time
}

// budgetSpent is the part of the error budget that failures and late answers took.
func (s *service) budgetSpent() stat.Value {
	allowed := (1 - s.objective) * float64(s.ended)
	if allowed <= 0 {
		return stat.Missing
	}
	return stat.Value(float64(s.failed+s.late) / allowed)
}

func (r *replication) requests(rec record.Requests) {
	s := r.service(rec.Service)
	for _, n := range rec.Failed {
		s.failed += n
		s.ended += n
	}
	s.ended += rec.OK
	s.late += rec.Late
	if rec.Sessions != nil {
		s.turnsFailed += rec.Sessions.TurnsFailed
	}
}

// cost is what the machines cost an hour on average, missing where no price is known.
func (r *replication) cost() stat.Value {
	cost, priced := 0.0, false
	for _, n := range r.run.Nodes {
		until, gone := r.gone[n.Name]
		if !gone {
			until = r.run.Duration
		}
		priced = priced || n.USDPerHour > 0
		cost += n.USDPerHour * max(0, until-n.Joins).Seconds() / r.run.Duration.Seconds()
	}
	if !priced || r.run.Duration <= 0 {
		return stat.Missing
	}
	return stat.Value(cost)
}
