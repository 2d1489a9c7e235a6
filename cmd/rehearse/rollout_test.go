package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// updated is what a rollout prints as JSON.
type updated struct {
	Fine, Mends   bool
	AsGiven, Best *struct {
		Setting  string
		Flags    []string
		Finished int
		Lost     struct{ Failed int64 }
	}
	Tried []struct{ Setting string }
}

func rollOut(t *testing.T, arguments ...string) (u updated, code int) {
	t.Helper()
	out, diagnostics, code := rehearse(t, append([]string{"rollout", "-o", "json"}, arguments...)...)
	require.Contains(t, []int{exitOK, exitFailed}, code, diagnostics)
	require.NoError(t, json.Unmarshal([]byte(out), &u))
	return u, code
}

// asTyped are flags as a shell gives them.
func asTyped(flags []string) (arguments []string) {
	for _, f := range flags {
		name, value, _ := strings.Cut(f, " ")
		arguments = append(arguments, name, strings.Trim(value, "'"))
	}
	return arguments
}

// What a rollout proposes works as it is typed: the same update with these flags loses
// nothing.
func TestWhatMendsARolloutWorksAsTyped(t *testing.T) {
	for _, c := range []struct {
		arguments []string
		setting   string
	}{
		{[]string{"scenarios/gallery/gpu-rollout-deadlock", "deploy/llm", "--nodes", "2xaws/g5.xlarge", "--rps", "1", "--image",
			"vllm/vllm-openai:v0.11.0", "--replications", "2"}, "maxSurge 0, maxUnavailable 1"},
		{[]string{"scenarios/gallery/ai-agent", "deploy/ai-agent", "--nodes", "3xaws/m7i.large", "--rps", "20", "--duration",
			"10m", "--image", "x:2", "--replications", "2"}, "readinessProbe"},
	} {
		u, code := rollOut(t, c.arguments...)
		assert.Equal(t, exitFailed, code)
		require.NotNil(t, u.Best)
		assert.True(t, u.Mends)
		assert.Contains(t, u.Best.Setting, c.setting)
		again, code := rollOut(t, append(c.arguments, asTyped(u.Best.Flags)...)...)
		assert.Equal(t, exitOK, code)
		assert.True(t, again.Fine)
		assert.Empty(t, again.Tried, "nothing to mend")
	}
}

// The diff of what mends an update mends it when patch(1) has applied it to the files.
func TestTheDiffOfARolloutApplies(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("there is no patch(1)")
	}
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("scenarios/gallery/gpu-rollout-deadlock")))
	t.Chdir(folder)
	arguments := []string{"rollout", ".", "deploy/llm", "--nodes", "2xaws/g5.xlarge", "--rps", "1", "--image", "x:2",
		"--replications", "2", "--patch", "diff", "-o", "json"}
	out, diagnostics, code := rehearse(t, arguments...)
	require.Equal(t, exitFailed, code, diagnostics)
	var answer struct{ Patch string }
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	apply := exec.Command("patch", "-p0", "--fuzz=0")
	apply.Stdin = strings.NewReader(answer.Patch)
	said, err := apply.CombinedOutput()
	require.NoError(t, err, "%s\n%s", said, answer.Patch)
	_, diagnostics, code = rehearse(t, arguments...)
	assert.Equal(t, exitOK, code, diagnostics)
}

// What is lost is the difference of two runs: one with the step in its timeline and one
// without.
func TestWhatIsLostIsTheDifference(t *testing.T) {
	const scenario = "scenarios/gallery/rollout-cuts-requests.yaml"
	common := []string{"--replications", "2", "--duration", "40m"}
	u, _ := rollOut(t, append([]string{scenario, "deploy/planner", "--image", "x:2", "--no-mend", "--set",
		"timeline=[]"}, common...)...)
	lost := int64(0)
	for timeline, sign := range map[string]int64{
		"timeline=[{at: 20m, setImage: {target: Deployment/planner, namespace: agents, container: agent, image: 'x:2'}}]": 1,
		"timeline=[]": -1,
	} {
		for _, n := range measured(t, "service.failed agents/planner", append([]string{scenario, "--set", timeline,
			"--set", "expect=[]"}, common...)...) {
			lost += sign * int64(n)
		}
	}
	assert.Positive(t, lost)
	assert.Equal(t, lost, u.AsGiven.Lost.Failed)
	assert.Equal(t, "as given", u.AsGiven.Setting)
}

// Manifests on standard input are played as those of files.
func TestRolloutsReadStandardInput(t *testing.T) {
	const folder = "testdata/hostile/common/web.yaml"
	arguments := []string{"deploy/web", "--nodes", "1xcpu=4,memory=8Gi", "--rps", "2", "--duration", "4m", "--replications", "2",
		"--image", "web:2", "-o", "md"}
	want, _, _ := rehearse(t, append([]string{"rollout", folder}, arguments...)...)
	data, err := os.ReadFile(folder)
	require.NoError(t, err)
	got, diagnostics, _ := rehearseWith(t.Context(), string(data), append([]string{"rollout", "-"}, arguments...)...)
	assert.Equal(t, want, got, diagnostics)
	assert.Contains(t, got, "| SETTING |")
}
