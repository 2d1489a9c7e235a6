package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a setting carries it carries when it is given so, and what breaks it breaks it.
func TestTheHighestLoadIsOne(t *testing.T) {
	at := func(rate float64) (answer struct{ Carries, Breaks float64 }, code int) {
		out, diagnostics, code := rehearse(t, "plan", "scenarios/gallery/ai-agent", "--nodes", "2xaws/m7i.large", "--rps",
			fmt.Sprint(rate), "--slo", "p95=1s", "--duration", "3m", "--replications", "2", "--max-load", "-o", "json")
		require.NoError(t, json.Unmarshal([]byte(out), &answer), diagnostics)
		return answer, code
	}
	answer, code := at(20)
	assert.Equal(t, exitOK, code)
	require.Greater(t, answer.Carries, 1.)
	require.LessOrEqual(t, answer.Breaks/answer.Carries, 1.021)
	_, code = at(20 * answer.Carries)
	assert.Equal(t, exitOK, code)
	_, code = at(20 * answer.Breaks)
	assert.Equal(t, exitFailed, code)
}

// The loss of a node is what the same step in a timeline is, and is survived where pods
// find another node.
func TestWhatIsLostWithANode(t *testing.T) {
	const scenario = "scenarios/gallery/gpu-rollout-deadlock.yaml"
	var answer struct {
		Losses []struct {
			Of              string
			Survived        bool
			Short           int
			Failed, Without int64
		}
	}
	common := []string{scenario, "--replications", "2", "--set", "timeline=[]", "--set", "expect=[]"}
	play := func(more ...string) int {
		out, diagnostics, code := rehearse(t, append(append([]string{"plan", "--n-1", "-o", "json"}, common...), more...)...)
		require.NoError(t, json.Unmarshal([]byte(out), &answer), diagnostics)
		return code
	}
	assert.Equal(t, exitFailed, play())
	require.Len(t, answer.Losses, 2)
	failed := int64(0)
	for _, n := range measured(t, "service.failed serving/llm", append(common, "--set",
		"timeline=[{at: 22m30s, nodeFail: {node: gpu-1}}]")...) {
		failed += int64(n)
	}
	assert.Positive(t, failed)
	assert.Equal(t, failed, answer.Losses[1].Failed)
	assert.Equal(t, 1, answer.Losses[1].Short, "there is no third machine")

	assert.Equal(t, exitOK, play("--set", "cluster.pools[gpu].count=3"))
	for _, l := range answer.Losses {
		assert.True(t, l.Survived, l.Of)
	}
}
