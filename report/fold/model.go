package fold

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
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

// ModelResult is by container.
func (t *WorkloadTotals) ModelResult() []result.ContainerModel {
	list := []result.ContainerModel{}
	for _, name := range slices.Sorted(maps.Keys(t.Models)) {
		u := t.Models[name]
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
