package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// A cluster of a thousand workloads still gives a page that a person reads,
// with the workload in danger on it.
func TestTextOfManyWorkloads(t *testing.T) {
	r := &result.Result{OOM: result.OOM{Workloads: map[string]result.WorkloadOOM{}}}
	for i := range 1000 {
		r.OOM.Workloads[fmt.Sprintf("a/Pod/p%04d", i)] = result.WorkloadOOM{Pods: 1, Containers: []result.ContainerMemory{
			{Name: "c", Limit: 100, Max: 10}}}
	}
	r.OOM.Workloads["a/Pod/p0777"] = result.WorkloadOOM{Pods: 1, Kills: 2, PodsKilled: 1,
		Containers: []result.ContainerMemory{{Name: "c", Limit: 100, Max: 100}}}
	var b bytes.Buffer
	require.NoError(t, page.WriteText(&b, r, words.TextOptions{Width: 100}))
	assert.Less(t, strings.Count(b.String(), "\n"), 60)
	assert.Contains(t, b.String(), "a/Pod/p0777")
	assert.Contains(t, b.String(), "and 985 more; -o json has them all")

	b.Reset()
	require.NoError(t, page.WriteText(&b, r, words.TextOptions{Width: 100, Verbose: true}))
	assert.Contains(t, b.String(), "a/Pod/p0999")
}
