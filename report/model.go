package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// modelUse is what the model servers of a workload's containers of one name did.
type modelUse struct {
	running, busy          float64
	prompt, cached, output int64
	preemptions            int64
	cachePeak              float64
}

func (r *replication) containerModel(rec record.ContainerModel) error {
	if rec.Running < 0 || rec.Busy < 0 || min(rec.PromptTokens, rec.CachedTokens, rec.OutputTokens, rec.Preemptions) < 0 {
		return fmt.Errorf("running, busy, tokens, preemptions: must be at least 0")
	}
	entry(r.workload(rec.Owner).models, rec.Container).merge(&modelUse{
		rec.Running, rec.Busy, rec.PromptTokens, rec.CachedTokens, rec.OutputTokens, rec.Preemptions, rec.CachePeak,
	})
	return nil
}

func (u *modelUse) merge(o *modelUse) {
	u.running += o.running
	u.busy += o.busy
	u.prompt += o.prompt
	u.cached += o.cached
	u.output += o.output
	u.preemptions += o.preemptions
	u.cachePeak = max(u.cachePeak, o.cachePeak)
}

func (t *workloadTotals) modelResult() []ContainerModel {
	list := []ContainerModel{}
	for _, name := range slices.Sorted(maps.Keys(t.models)) {
		u := t.models[name]
		m := ContainerModel{
			Name: name, Busy: Missing, CachedShare: Missing, OutputTokens: u.output, PromptTokens: u.prompt,
			TokensPerSecond: Missing, Preemptions: u.preemptions, CachePeak: u.cachePeak,
		}
		if u.running > 0 {
			m.Busy, m.TokensPerSecond = Value(u.busy/u.running), Value(float64(u.output)/u.running)
		}
		if u.prompt+u.cached > 0 {
			m.CachedShare = Value(float64(u.cached) / float64(u.prompt+u.cached))
		}
		list = append(list, m)
	}
	return list
}

// modelTable shows what model servers did.
func modelTable(r *Result) table {
	t := table{head: []string{"WORKLOAD MODEL SERVER", "BUSY", "OUTPUT TOKENS/S", "PROMPTS FROM CACHE", "KV CACHE PEAK", "PREEMPTED"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, m := range r.Workloads[key].Models {
			t.rows = append(t.rows, []string{
				key + " " + m.Name, unitText(m.Busy, "ratio"), unitText(m.TokensPerSecond, "count"),
				unitText(m.CachedShare, "ratio"), percentText(m.CachePeak), countText(m.Preemptions),
			})
		}
	}
	return t
}

// tokenTable shows how fast answers come.
func tokenTable(r *Result) table {
	t := table{head: []string{"SERVICE", "FIRST TOKEN P50", "P95", "P99", "PER TOKEN P50", "P95", "P99"}}
	for _, key := range slices.Sorted(maps.Keys(r.Services)) {
		first, per := r.Services[key].FirstToken, r.Services[key].PerToken
		if first.Count == 0 {
			continue
		}
		t.rows = append(t.rows, []string{
			key, unitText(first.P50, "seconds"), unitText(first.P95, "seconds"), unitText(first.P99, "seconds"),
			unitText(per.P50, "seconds"), unitText(per.P95, "seconds"), unitText(per.P99, "seconds"),
		})
	}
	return t
}

// findFullCaches tells of model servers whose KV cache was too small.
func findFullCaches(f *facts) []Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []Finding {
		var all []Finding
		for _, m := range w.modelResult() {
			if m.Preemptions == 0 {
				continue
			}
			all = append(all, Finding{
				What: fmt.Sprintf("the KV cache of container %s was full: requests were thrown out and began again %s, and others waited for blocks.",
					m.Name, times(m.Preemptions)),
				Change: "Add replicas or GPUs, lower --max-num-seqs so that fewer requests share the cache, or bound the tokens of a request.",
			})
		}
		return all
	})
}

func (w *workload) modelUse() (all modelUse) {
	for _, name := range slices.Sorted(maps.Keys(w.models)) {
		all.merge(w.models[name])
	}
	return all
}

func (w *workload) preemptions() Value {
	if len(w.models) == 0 {
		return Missing
	}
	return Value(w.modelUse().preemptions)
}

func (w *workload) cachePeak() Value {
	if len(w.models) == 0 {
		return Missing
	}
	return Value(w.modelUse().cachePeak)
}
