package build

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

const samplesOf = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"service":"chat"},"values":[%s]}]}}`

// The three forms of traffic come into the Spec, in long and in short.
func TestTrafficOfEveryKind(t *testing.T) {
	files := folder(t, `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests: [deployment.yaml, service.yaml]
traffic:
- {name: a, service: ai-agents/ai-agent-svc, rate: {prometheus: p.json}, arrivals: {process: on-off, on: 10s, off: 50s}}
- {name: b, service: ai-agents/ai-agent-svc, rate: {constant: 2}, arrivals: {process: weibull, cv: 2.5}}
- {name: c, service: ai-agents/ai-agent-svc, users: {count: 7, think: exponential(5s)}}
- {name: d, service: ai-agents/ai-agent-svc, users: {count: 7}}
- {name: e, service: ai-agents/ai-agent-svc, trace: {file: good.csv, columns: {input: in}, rateScale: 2}}
- {name: f, service: ai-agents/ai-agent-svc, arrivals: good.csv}
- {name: g, service: ai-agents/ai-agent-svc, rate: {constant: 2}, law: paced}
`)
	files["p.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, samplesOf, `[0,"2"],[60,"8"]`)}
	spec, err := read(files)
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 7)
	assert.Contains(t, spec.Assumptions, "traffic f: the trace ends at 1s, and no requests come after it")
	a, b, c, d, g := spec.Traffic[0], spec.Traffic[1], spec.Traffic[2], spec.Traffic[3], spec.Traffic[6]
	assert.InDelta(t, 5, a.Rate.At(sim.Time(30*time.Second)), 1e-9)
	assert.Equal(t, load.MMPP, a.Law)
	assert.Equal(t, load.OnOff(10*time.Second, 50*time.Second), a.States)
	assert.Equal(t, load.Weibull, b.Law)
	assert.InDelta(t, 2.5, b.CV, 0)
	assert.Equal(t, 7, c.Users.Count)
	assert.InDelta(t, 5, c.Users.Think.Mean(), 0)
	assert.Zero(t, d.Users.Think.Mean())
	assert.Equal(t, load.Paced, g.Law)
	for i, want := range map[int][]load.Arrival{
		4: {{At: 0, Tokens: load.Tokens{Input: 5}}, {At: 5e8, Tokens: load.Tokens{Input: 5}},
			{At: 1e9, Tokens: load.Tokens{Input: 6}}},
		5: {{At: 0}, {At: 1e9}},
	} {
		opened, err := spec.Traffic[i].Trace(nil)
		require.NoError(t, err)
		for _, w := range want {
			var got load.Arrival
			require.NoError(t, opened.Next(&got))
			got.Prefix = nil
			assert.Equal(t, w, got)
		}
		require.NoError(t, opened.Close())
	}
}
