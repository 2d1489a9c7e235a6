package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// planner searches the settings that its dimensions make of the input.
type planner struct {
	paths      []string
	options    scenarios.Options
	streams    Streams
	dimensions []plan.Dimension
	settings   int
	slo        []record.Expectation

	replications int
	prices       []plan.Price
	asked        []string
	healthyOnly  bool // the input has no expectations of its own
	judged       map[int]*plan.Choice
}

const leastAvailability = 0.999

// parseObjectives reads p95=2s and availability=99.9%.
func parseObjectives(list []string) (objectives []record.Expectation, err error) {
	for _, text := range list {
		name, value, _ := strings.Cut(text, "=")
		e := record.Expectation{Metric: "service.latency." + name, Across: "every", Source: "--slo"}
		switch name {
		case "p50", "p95", "p99":
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return nil, badInput("--slo: %s: must be a duration above 0, such as 2s, got %.80q", name, value)
			}
			most := d.Seconds()
			e.AtMost = &most
		case "availability":
			number, percent := strings.CutSuffix(value, "%")
			least, err := strconv.ParseFloat(number, 64)
			if percent {
				least /= 100
			}
			if err != nil || !(least > 0 && least <= 1) {
				return nil, badInput("--slo: availability: must be above 0 and at most 1, or 99.9%%, got %.80q", value)
			}
			e.Metric, e.AtLeast = "service.availability", &least
		default:
			return nil, badInput("--slo: must be p50, p95 or p99=DURATION or availability=RATIO, got %.80q", text)
		}
		if slices.ContainsFunc(objectives, func(o record.Expectation) bool { return o.Metric == e.Metric }) {
			return nil, badInput("--slo: must name %s once", name)
		}
		objectives = append(objectives, e)
	}
	return objectives, nil
}

// plan searches and tells.
func (p *planner) plan(ctx context.Context) (*plan.Answer, error) {
	ctx, done := p.streams.brake.apply(ctx)
	defer done()
	if err := p.price(ctx); err != nil {
		return nil, err
	}
	p.judged = map[int]*plan.Choice{}
	found, err := plan.Search(p.prices, p.replications, func(settings []int, n int) ([]plan.Judgement, error) {
		return p.evaluate(ctx, settings, n)
	})
	if err != nil {
		return nil, asLimit(err)
	}
	a := &plan.Answer{Schema: plan.SchemaName, Dimensions: p.dimensions, Asked: p.asked,
		Cheapest: p.judged[found.Answer], RunnerUp: p.judged[found.RunnerUp], Replications: p.replications,
		Settings: p.settings, Played: found.Played, Grid: p.settings * p.replications}
	if a.Cheapest == nil {
		for _, i := range found.Rejected {
			if c := p.judged[i]; a.Nearest == nil || c.Misses() <= a.Nearest.Misses() {
				a.Nearest = c
			}
		}
		return a, nil
	}
	for _, i := range found.Rejected { // cheapest first
		if plan.Cheaper(p.prices[i], p.prices[found.Answer]) {
			a.Binds = p.judged[i]
		}
	}
	return a, nil
}

// price reads every setting, so that a fault of one is told before any is played.
func (p *planner) price(ctx context.Context) error {
	priced, without := false, ""
	for i := range p.settings {
		if ctx.Err() != nil {
			return &replicate.Interrupted{Cause: context.Cause(ctx)}
		}
		spec, err := p.load(i)
		if err != nil {
			return err
		}
		price := priceOf(spec)
		for _, n := range spec.Nodes {
			if spec.USDPerHour[n.Name] > 0 {
				priced = true
			} else if without == "" {
				without = n.Name
			}
		}
		p.prices, p.replications = append(p.prices, price), max(p.replications, spec.Replications)
		if i == p.settings-1 {
			foresee(p.streams, spec)
		}
	}
	if priced && without != "" {
		return badInput("--nodes: must be machines with a price all of them, or none, to compare costs; got %s without",
			without)
	}
	return nil
}

// priceOf is what the machines of the start cost and what pods request.
func priceOf(spec *cluster.Spec) plan.Price {
	price := plan.Price{Machines: len(spec.Nodes)}
	for _, n := range spec.Nodes {
		price.USDPerHour += spec.USDPerHour[n.Name]
	}
	for _, w := range spec.Header().Workloads {
		for _, c := range w.Containers {
			price.CPU += float64(w.Replicas) * c.Requests.CPU
			price.Memory += int64(w.Replicas) * c.Requests.Memory
		}
	}
	return price
}

// patch is the change that a choice makes of the input.
func (p *planner) patch(form string, values []string) (string, error) {
	options, sets := p.options, []string(nil)
	for i, value := range values {
		if path := p.dimensions[i].Path; path == "" {
			options.Nodes = append(options.Nodes[:len(options.Nodes):len(options.Nodes)], value)
		} else {
			sets = append(sets, path+"="+value)
		}
	}
	spec, err := load(p.paths, options)
	if err != nil {
		return "", err
	}
	return patchOf(form, sets, spec, p.streams.inputs)
}

// load reads a setting, with what it is to meet.
func (p *planner) load(setting int) (*cluster.Spec, error) {
	values := plan.Setting(p.dimensions, setting)
	spec, err := load(p.paths, withSetting(p.options, p.dimensions, values))
	if err != nil {
		return nil, err
	}
	run := spec.Header()
	var asked []string
	if len(spec.Expectations) == 0 {
		spec.Expectations, asked = p.healthy(run)
		p.healthyOnly = true
	}
	spec.Expectations = append(spec.Expectations, p.slo...)
	if p.asked == nil {
		p.asked = append([]string{}, asked...)
		for _, e := range p.slo {
			p.asked = append(p.asked, e.Metric+" of every Service by --slo")
		}
	}
	return spec, nil
}

// healthy is what is asked for where nobody asked for anything. A percentile of the
// latency is of requests that ended well alone, so it does not take its place.
func (p *planner) healthy(run record.Run) (list []record.Expectation, asked []string) {
	none, least := 0.0, leastAvailability
	list = []record.Expectation{
		{Metric: "pods.pending", Across: "every", AtMost: &none}, {Metric: "oom.kills", Across: "every", AtMost: &none}}
	for _, w := range run.Workloads {
		if w.Replicas > 0 && w.Strategy.Jobs == nil { // no value says that its pods were never all Ready
			list = append(list, record.Expectation{Metric: "workload.ready.min", Of: w.Key, Across: "every", AtLeast: &none})
		}
	}
	asked = []string{"all pods Ready once, none pending at the end, no OOM kill"}
	is := func(e record.Expectation) bool { return e.Metric == "service.availability" }
	entered := slices.ContainsFunc(run.Services, func(s record.Service) bool { return s.Entry })
	if entered && !slices.ContainsFunc(p.slo, is) {
		list = append(list, record.Expectation{Metric: "service.availability", Across: "every", AtLeast: &least})
		asked = append(asked, fmt.Sprintf("an availability of at least %g %% of every Service", least*100))
	}
	return list, asked
}

// evaluate plays settings beside each other where each takes one core.
func (p *planner) evaluate(ctx context.Context, settings []int, n int) ([]plan.Judgement, error) {
	choices := make([]*plan.Choice, len(settings))
	specs := make([]*cluster.Spec, len(settings))
	for i, setting := range settings {
		spec, err := p.load(setting)
		if err != nil {
			return nil, err
		}
		spec.Replications, specs[i] = n, spec
	}
	err := sideBySide(len(settings), n, func(i int) (err error) {
		choices[i], err = p.play(ctx, specs[i], settings[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	judgements := make([]plan.Judgement, len(settings))
	for i, c := range choices {
		p.judged[settings[i]] = c
		judgements[i] = judgement(c, n == p.replications)
	}
	return judgements, nil
}

// judgement is final when one expectation of every replication fails: more replications
// can't mend it.
func judgement(c *plan.Choice, whole bool) plan.Judgement {
	j := plan.Judgement{Pass: true, Final: whole}
	for _, e := range c.Expectations {
		if !e.Pass {
			j.Pass = false
			j.Final = j.Final || e.Across != "mean"
		}
	}
	return j
}

func (p *planner) play(ctx context.Context, spec *cluster.Spec, setting int) (*plan.Choice, error) {
	r, err := play(ctx, spec, nil)
	if err != nil {
		return nil, err
	}
	return plan.NewChoice(plan.Setting(p.dimensions, setting), p.prices[setting], spec.Replications, r.Verdict), nil
}
