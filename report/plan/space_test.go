package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/plan"
)

func TestRangesAndLists(t *testing.T) {
	for text, want := range map[string][]string{
		"a=1..3":              {"1", "2", "3"},
		"a=1..6:2":            {"1", "3", "5"},
		"a=0..2:2":            {"0", "2"},
		"a=7..7":              {"7"},
		"a=256Mi..1Gi:384Mi":  {"256Mi", "640Mi", "1Gi"},
		"a=500m..1:250m":      {"500m", "750m", "1"},
		"a=0|25%|1":           {"0", "25%", "1"},
		"D/x:spec.a=30s|1m0s": {"30s", "1m0s"},
	} {
		d, err := plan.ParseVary(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, d.Values, text)
	}
	for text, want := range map[string][]string{
		"3xaws/a":          {"3xaws/a"},
		"gpu=2xg5":         {"gpu=2xg5"},
		"1..2xaws/a":       {"1xaws/a", "2xaws/a"},
		"1..2xaws/a|gcp/b": {"1xaws/a", "2xaws/a", "1xgcp/b", "2xgcp/b"},
		"2xaws/a|gcp/b":    {"2xaws/a", "2xgcp/b"},
	} {
		d, err := plan.ParseNodes(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, d.Values, text)
	}
}

// Every index is another setting.
func TestSettingsAreAllDifferent(t *testing.T) {
	dimensions := []plan.Dimension{
		{Values: []string{"a", "b"}}, {Values: []string{"1", "2", "3"}}, {Values: []string{"x"}}}
	n, err := plan.Size(dimensions)
	require.NoError(t, err)
	require.Equal(t, 6, n)
	seen := map[string]bool{}
	for i := range n {
		v := plan.Setting(dimensions, i)
		seen[v[0]+v[1]+v[2]] = true
	}
	assert.Len(t, seen, 6)
}

func TestLabels(t *testing.T) {
	for text, want := range map[string][]string{
		"Deployment/web:spec.replicas=4|5":                              {"replicas=4", "replicas=5"},
		"Deployment/web:spec.template.spec.containers[0].image=a:1|b:2": {"image=a:1", "image=b:2"},
		"Deployment/web:spec.containers[0].resources.limits.memory=1Gi": {"limits.memory=1Gi"},
		"Deployment/web:spec.strategy={type: Recreate, x: 'a|b'}":       {"strategy={type: Recreate, x: 'a|b'}"},
		"seed=99":                        {"seed=99"},
		"cluster.pools[gpu].count=2|3|5": {"pools[gpu].count=2", "pools[gpu].count=3", "pools[gpu].count=5"},
		"file=../x":                      {"file=../x"},
	} {
		d, err := plan.ParseList(text)
		require.NoError(t, err, text)
		require.Len(t, d.Values, len(want), text)
		for i := range want {
			assert.Equal(t, want[i], plan.Label([]plan.Dimension{d}, d.Values[i:i+1]))
		}
	}
	two := []plan.Dimension{{Path: "D/a:spec.replicas"}, {Path: "D/b:spec.replicas"}, {Path: ""}}
	assert.Equal(t, "D/a:spec.replicas=1 D/b:spec.replicas=2 3xaws/a", plan.Label(two, []string{"1", "2", "3xaws/a"}))
}

// Whatever is written, there is an error or a bounded list that is not empty.
func FuzzParseSpace(f *testing.F) {
	for _, text := range []string{"a=1..5", "a=1Gi..2Gi:1Mi", "1..8xaws/a|b", "a=1n..1E:1n", "2x|"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (plan.Dimension, error){plan.ParseVary, plan.ParseNodes,
			plan.ParseList} {
			if d, err := parse(text); err == nil && (len(d.Values) == 0 || len(d.Values) > plan.MostSettings) {
				t.Errorf("%d values", len(d.Values))
			}
		}
	})
}
