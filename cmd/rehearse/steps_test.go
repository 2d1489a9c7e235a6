package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stepsThatFail can't be seen before the run: each names what is there when the
// file is read.
const stepsThatFail = `
- {at: 1m, rollout: {verb: undo, target: Deployment/web}}
- {at: 2m, nodeRemove: {node: cpu-1}}
- {at: 3m, cordon: {node: cpu-1}}
- {at: 4m, drain: {node: cpu-1, timeout: 1m}}
- {at: 5m, apply: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {tier: front}}, template: {metadata: {labels: {tier: front}}, spec: {containers: [{name: web, image: "web:2"}]}}}}]}
- {at: 6m, scale: {target: Deployment/web, replicas: 3}}
- {at: 7m, podKill: {target: Deployment/web, count: 1}}
- {at: 8m, delete: {target: Deployment/web}}
- {at: 9m, setImage: {target: Deployment/web, container: web, image: "web:3"}}
expect:
- {metric: steps.failed, equals: 0}
`

func writeScenario(t *testing.T, manifests, steps string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.yaml")
	text := strings.Replace(fmt.Sprintf(controlScenario, "", manifests, ""), "timeline: []", "timeline:"+steps, 1)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// A step that kubectl would have failed with is told in its words, counts, and is
// among what was done to its object.
func TestStepsThatFailAreTold(t *testing.T) {
	file := writeScenario(t, "", stepsThatFail)
	out, _, code := rehearse(t, "run", file)
	require.Equal(t, exitFailed, code)
	text := oneLine(out)
	for _, want := range []string{
		"FAIL steps.failed: 0, measured 5",
		`1. Deployment default/web: rollout undo Deployment web at 1m00s (` + file +
			`:21) failed: no rollout history found for deployment "web".`,
		`Node cpu-1: cordon node cpu-1 at 3m00s (` + file +
			`:23) failed: nodes "cpu-1" not found; so did 1 further step, the last at 4m00s (` + file + `:24).`,
		`apply Deployment default/web at 5m00s (` + file +
			`:25) failed: The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"tier":"front"}}: field is immutable. Delete the object first`,
		`set image Deployment web web=web:3 at 9m00s (` + file + `:29) failed: deployments.apps "web" not found.`,
	} {
		assert.Contains(t, text, want)
	}
	explained, _, code := rehearse(t, "explain", file, "Deployment/web")
	require.Equal(t, exitOK, code)
	for _, want := range []string{
		`1m00s rollout undo Deployment web (` + file + `:21) failed: no rollout history`,
		"5m00s apply Deployment default/web (" + file + ":25) failed: The Deployment",
		"6m00s scale Deployment web to 3 ", "7m00s pod kill Deployment web: web-", "8m00s delete Deployment web ",
	} {
		assert.Contains(t, oneLine(explained), want)
	}
	json, _, _ := rehearse(t, "run", file, "-o", "json")
	assert.Contains(t, json, `"error": "no rollout history found for deployment \"web\"",`)
	junit := filepath.Join(t.TempDir(), "junit.xml")
	_, _, code = rehearse(t, "test", file, "--junit", junit)
	require.Equal(t, exitFailed, code)
	written, err := os.ReadFile(junit)
	require.NoError(t, err)
	assert.Contains(t, string(written), "no rollout history found")
}

// A budget is told of drains as far as they evict its pods.
func TestABudgetIsToldOfItsOwnPodsOnly(t *testing.T) {
	other := `
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: other}
  spec:
    replicas: 2
    selector: {matchLabels: {app: other}}
    template:
      metadata: {labels: {app: other}}
      spec: {containers: [{name: other, image: "other:1"}]}
`
	file := writeScenario(t, other[1:]+fmt.Sprintf(webPDB, "web", "minAvailable: 1", "app: web")+fmt.Sprintf(webPDB,
		"other", "maxUnavailable: 0", "app: other"), "\n- "+drainIt)
	for budget, c := range map[string]struct{ want, not string }{
		"web":   {"drain node cpu-0: pod/web-", "other-"},
		"other": {`drain node cpu-0: error when evicting pods/"other-`, "web-"},
	} {
		out, diagnostics, code := rehearse(t, "explain", file, "PodDisruptionBudget/"+budget)
		require.Equal(t, exitOK, code, diagnostics)
		assert.Contains(t, oneLine(out), c.want)
		assert.NotContains(t, out, c.not)
	}
}

// A pool may be empty at first: its machines join.
func TestAPoolThatBeginsEmpty(t *testing.T) {
	file := writeScenario(t, "", `
- {at: 8m, nodeAdd: {pool: cpu, count: 2}}
- {at: 9m, cordon: {node: cpu-1}}
`)
	out, diagnostics, code := rehearse(t, "run", file, "--set", "cluster.pools[0].count=0")
	require.Equal(t, exitOK, code, diagnostics)
	assert.Contains(t, oneLine(out), "0 nodes at the start, 2 at the end")
	assert.Contains(t, oneLine(out), "2 pods, up to 8m01s, then found one: no nodes available to schedule pods")
	_, diagnostics, code = rehearse(t, "run", galleryFile("ai-agent"), "--nodes", "-1xaws/m7i.large")
	require.Equal(t, exitBadInput, code)
	assert.Contains(t, diagnostics,
		`--nodes: must be an instance type of the catalogue, got "-1xaws/m7i.large"; did you mean aws/m7i.large?`)
}

// -n says in which namespace explain looks, and puts nothing there.
func TestExplainLooksInANamespace(t *testing.T) {
	other := `- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: prod}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "web:1"}]}
`
	file := writeScenario(t, other, "\n- {at: 1m, scale: {target: Deployment/web, replicas: 3}}\n")
	_, diagnostics, code := rehearse(t, "explain", file, "Deployment/web")
	require.Equal(t, exitBadInput, code)
	assert.Contains(t, diagnostics, "must name one object")
	for namespace, want := range map[string]string{"default": "scale Deployment web to 3",
		"prod": "Scaled up replica set"} {
		out, diagnostics, code := rehearse(t, "explain", file, "Deployment/web", "-n", namespace)
		require.Equal(t, exitOK, code, diagnostics)
		assert.Contains(t, out, "Deployment "+namespace+"/web")
		assert.Contains(t, out, want)
		assert.Equal(t, namespace == "default", strings.Contains(out, "scale Deployment web to 3"))
	}
	out, _, code := rehearse(t, "explain", file, "Deployment/prod/web", "-n", "default")
	require.Equal(t, exitOK, code)
	assert.Contains(t, out, "Deployment prod/web")
	_, _, code = rehearse(t, "explain", file, "Node/cpu-0", "-n", "prod")
	require.Equal(t, exitOK, code)
	_, diagnostics, code = rehearse(t, "explain", file, "Deployment/web", "-n", "test")
	require.Equal(t, exitBadInput, code)
	assert.Contains(t, diagnostics, `got "Deployment/test/web"`)
}
