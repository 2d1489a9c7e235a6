package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
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

func (t *workloadTotals) modelResult() []result.ContainerModel {
	list := []result.ContainerModel{}
	for _, name := range slices.Sorted(maps.Keys(t.models)) {
		u := t.models[name]
		m := result.ContainerModel{
			Name: name, Busy: stat.Missing, CachedShare: stat.Missing, OutputTokens: u.output, PromptTokens: u.prompt,
			TokensPerSecond: stat.Missing, Preemptions: u.preemptions, CachePeak: u.cachePeak,
		}
		if u.running > 0 {
			m.Busy, m.TokensPerSecond = stat.Value(u.busy/u.running), stat.Value(float64(u.output)/u.running)
		}
		if u.prompt+u.cached > 0 {
			m.CachedShare = stat.Value(float64(u.cached) / float64(u.prompt+u.cached))
		}
		list = append(list, m)
	}
	return list
}

// modelTable shows what model servers did.
func modelTable(r *result.Result) table {
	t := table{head: []string{"WORKLOAD MODEL SERVER", "BUSY", "OUTPUT TOKENS/S", "PROMPTS FROM CACHE", "KV CACHE PEAK", "PREEMPTED"}}
	for _, key := range slices.Sorted(maps.Keys(r.Workloads)) {
		for _, m := range r.Workloads[key].Models {
			t.rows = append(t.rows, []string{
				key + " " + m.Name, words.Unit(m.Busy, "ratio"), words.Unit(m.TokensPerSecond, "count"),
				words.Unit(m.CachedShare, "ratio"), words.Percent(m.CachePeak), words.Count(m.Preemptions),
			})
		}
	}
	return t
}

// tokenTable shows how fast answers come.
func tokenTable(r *result.Result) table {
	t := table{head: []string{"SERVICE", "FIRST TOKEN P50", "P95", "P99", "PER TOKEN P50", "P95", "P99"}}
	for _, key := range slices.Sorted(maps.Keys(r.Services)) {
		first, per := r.Services[key].FirstToken, r.Services[key].PerToken
		if first.Count == 0 {
			continue
		}
		t.rows = append(t.rows, []string{
			key, words.Unit(first.P50, "seconds"), words.Unit(first.P95, "seconds"), words.Unit(first.P99, "seconds"),
			words.Unit(per.P50, "seconds"), words.Unit(per.P95, "seconds"), words.Unit(per.P99, "seconds"),
		})
	}
	return t
}

// findFullCaches tells of model servers whose KV cache was too small.
func findFullCaches(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		var all []result.Finding
		for _, m := range w.modelResult() {
			if m.Preemptions == 0 {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("the KV cache of container %s was full: requests were thrown out and began again %s, and others waited for blocks.",
					m.Name, words.Times(m.Preemptions)),
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

func (w *workload) preemptions() stat.Value {
	if len(w.models) == 0 {
		return stat.Missing
	}
	return stat.Value(w.modelUse().preemptions)
}

func (w *workload) cachePeak() stat.Value {
	if len(w.models) == 0 {
		return stat.Missing
	}
	return stat.Value(w.modelUse().cachePeak)
}
