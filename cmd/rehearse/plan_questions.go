package main

import (
	"context"
	"io"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// mostLosses bounds the nodes and zones whose loss is played.
const mostLosses = 200

// questions about one setting, in place of a search.
type questions struct {
	maxLoad, loss bool
	growth        string // of the load, as in 5%/month; "" for none
}

func (q questions) asked() bool { return q.maxLoad || q.loss }

// check refuses what does not go with a question.
func (q questions) check(p *planner) error {
	switch {
	case q.growth != "" && !q.maxLoad:
		return badInput("--growth: must go with --max-load")
	case q.maxLoad && q.loss:
		return badInput("plan: must have one of --max-load and --n-1")
	case q.asked() && p.settings > 1:
		return badInput("--max-load and --n-1 are about one setting: must have no range or choice, got %d settings",
			p.settings)
	}
	return nil
}

// answer answers the question and tells whether what was given holds.
func (q questions) answer(ctx context.Context, p *planner, w io.Writer, format string) (holds bool, err error) {
	ctx, done := p.streams.brake.apply(ctx)
	defer done()
	if err := p.price(ctx); err != nil {
		return false, err
	}
	if q.maxLoad {
		growth, err := plan.ParseGrowth(q.growth)
		if err != nil {
			return false, badInput("--growth: %s", err)
		}
		l, err := p.maxLoad(ctx, growth)
		if err != nil {
			return false, asLimit(err)
		}
		return l.Carries >= 1, plan.WriteLoad(w, l, format)
	}
	l, err := p.losses(ctx)
	if err != nil {
		return false, asLimit(err)
	}
	return l.Survived() == len(l.Losses), plan.WriteLosses(w, l, format)
}

// maxLoad looks for the highest load that the setting carries.
func (p *planner) maxLoad(ctx context.Context, growth *plan.Growth) (*plan.Load, error) {
	spec, err := p.load(0)
	if err != nil {
		return nil, err
	}
	if len(spec.Traffic) == 0 {
		return nil, badInput("--max-load: must have traffic, by --rps or in the scenario, got none")
	}
	l := &plan.Load{Schema: plan.LoadSchemaName, Asked: p.asked, Streams: []plan.Stream{}, Replications: p.replications}
	for _, t := range spec.Traffic {
		s := plan.Stream{Name: t.Name}
		switch {
		case t.Trace != nil:
			return nil, badInput("--max-load: %s: must have a rate or users, got a trace, which has the requests that it has", t.Name)
		case t.Users != nil:
			s.Users = t.Users.Count
		default:
			long := max(1, sim.Time(spec.Duration)-t.Start)
			s.PerSecond = t.Rate.Integral(long) / long.Seconds()
		}
		l.Streams = append(l.Streams, s)
	}
	choices := map[float64]*plan.Choice{}
	carries, breaks, err := plan.Highest(func(factor float64) (bool, error) {
		c, err := p.loaded(ctx, spec, factor, &l.Played)
		if err != nil {
			return false, err
		}
		choices[factor] = c
		return c.Misses() == 0, nil
	})
	if err != nil {
		return nil, err
	}
	l.Between(carries, breaks, choices, growth)
	return l, nil
}

// loaded plays a spec with so many times the load: once, and in full unless that shows
// it to fail.
func (p *planner) loaded(ctx context.Context, spec *cluster.Spec, factor float64, played *int) (*plan.Choice, error) {
	more := *spec
	more.Traffic = slices.Clone(spec.Traffic)
	for i, t := range spec.Traffic {
		more.Traffic[i], _ = t.Times(factor)
	}
	for more.Replications = 1; ; more.Replications = p.replications {
		*played += more.Replications
		c, err := p.play(ctx, &more, 0)
		if err != nil || more.Replications == p.replications || judgement(c, false).Final {
			return c, err
		}
	}
}

// losses plays the loss of each node and of each zone.
func (p *planner) losses(ctx context.Context) (*plan.Losses, error) {
	spec, err := p.load(0)
	if err != nil {
		return nil, err
	}
	lost := lossesOf(spec)
	if len(lost) > mostLosses {
		return nil, badInput("--n-1: must be at most %d nodes and zones, got %d", mostLosses, len(lost))
	}
	at := sim.Time(spec.Duration / 2)
	asked := []string{"all pods ready again before the end"}
	if p.healthyOnly {
		spec.Expectations = p.slo // the others count what the loss itself costs
		for _, e := range p.slo {
			asked = append(asked, e.Metric+" of every Service by --slo")
		}
	} else {
		asked = append(asked, p.asked...)
	}
	base, err := play(ctx, spec, nil)
	if err != nil {
		return nil, err
	}
	err = sideBySide(len(lost), spec.Replications, func(i int) error {
		return lose(ctx, spec, at, &lost[i], base.Downtime.Failed)
	})
	return &plan.Losses{Schema: plan.LossesSchemaName, Asked: asked, At: at, Replications: spec.Replications,
		Losses: lost}, err
}

// lossesOf are the nodes, one by one, and the zones where there are several.
func lossesOf(spec *cluster.Spec) []plan.Loss {
	var list []plan.Loss
	zones := map[string][]string{}
	for _, n := range spec.Nodes {
		list = append(list, plan.Loss{Of: "node " + n.Name, Nodes: []string{n.Name}})
		if zone := n.Labels[v1.LabelTopologyZone]; zone != "" {
			zones[zone] = append(zones[zone], n.Name)
		}
	}
	if len(zones) < 2 {
		return list
	}
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		if len(zones[zone]) > 1 { // one of one node is that node
			list = append(list, plan.Loss{Of: "zone " + zone, Nodes: zones[zone]})
		}
	}
	return list
}

// lose plays a loss. without are the requests that fail without it.
func lose(ctx context.Context, spec *cluster.Spec, at sim.Time, l *plan.Loss, without int64) error {
	failing := *spec
	failing.Timeline = slices.Clone(spec.Timeline)
	for _, name := range l.Nodes {
		failing.Timeline = append(failing.Timeline, cluster.Step{At: at, Action: cluster.NodeFail{Node: name}})
	}
	sortSteps(failing.Timeline)
	whole := plan.NewWholeness(at)
	var r *report.Result
	r, err := play(ctx, &failing, whole.Add)
	if err != nil {
		return err
	}
	l.Short, l.Back, l.Failed, l.Without = whole.Short, whole.Back, r.Downtime.Failed, without
	l.Expectations = r.Verdict.Expectations
	l.Survived = whole.Short == 0 && r.Verdict.Pass
	return nil
}
