package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oneLine takes the wrapping out.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestExplains(t *testing.T) {
	for object, c := range map[string]struct {
		scenario string
		want     []string
	}{
		"HorizontalPodAutoscaler/embedder": {"autoscaler-too-late", []string{
			"20m18.9s 2 -> 4: cpu resource utilization 146% of 70% over 2 ready pods asks for 5; limited to 4 by the scale-up policy",
			"2 not counted yet, 2 without a value",
			"held at 8 by the stabilization window",
			"kept at 2 by minReplicas",
		}},
		"deployment/llm": {"gpu-rollout-deadlock", []string{
			"Pending from 15m00s to the end: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
			"Scaled up replica set llm-7ff7579b8c from 0 to 1",
			"none is Ready; ProgressDeadlineExceeded at 25m01s",
			"at the end 1 pod of the new revision, 0 of them Ready once; 2 pods of old ones",
			"What to change",
		}},
		"PodDisruptionBudget/agents/agent": {"drain-without-end", []string{
			"Cannot evict pod as it would violate the pod's disruption budget. The disruption budget agent needs 3 healthy pods and has 3 currently",
			"global timeout reached: 15m0s",
			"so kubectl drain of node cpu-0 (scenarios/gallery/drain-without-end.yaml:36) gave up at 25m01.9s, after its timeout of 15m, with pod agents/agent-",
		}},
		"DaemonSet/gpu-metrics": {"daemonset-grows", []string{
			"to the end, for node gpu-0: 0/5 nodes are available: 1 Insufficient memory, 4 node(s) didn't satisfy plugin(s) [NodeAffinity].",
			"20m00s Normal SuccessfulDelete: Deleted pod: gpu-metrics-",
			"which has 1.83Gi of memory left and is asked for 2.5Gi (serving/Deployment/llm requests 12Gi there); 2 of its 5 nodes have room for such a pod, and the rollout goes no further.",
		}},
		"Pod/sessions-0": {"node-failure", []string{
			"its node had a NoExecute taint that it did not tolerate any longer, gone at 40m00s",
			"created at 40m00s for StatefulSet agents/sessions",
			"out-of-service=nodeshutdown:NoExecute",
		}},
		"Node/cpu-1": {"node-failure", []string{
			"10m00s node fail cpu-1", "NodeNotReady: Node cpu-1 status is now: NodeNotReady",
			"40m00s node recover cpu-1 40m00s Normal NodeReady",
		}},
		"Service/planner": {"rollout-cuts-requests", []string{"Service agents/planner"}},
	} {
		t.Run(object, func(t *testing.T) {
			out, diagnostics, code := rehearse(t, "explain", galleryFile(c.scenario), object)
			require.Equal(t, exitOK, code, diagnostics)
			for _, want := range c.want {
				require.Contains(t, oneLine(out), want)
			}
		})
	}
}

// TestExplainsEveryObject: there is something to say of each, from the records
// as from the scenario.
func TestExplainsEveryObject(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.jsonl")
	_, diagnostics, code := rehearse(t, "run", galleryFile("gpu-rollout-deadlock"), "--records", file)
	require.Equal(t, exitOK, code, diagnostics)
	_, unknown, code := rehearse(t, "explain", file, "Pod/nobody")
	require.Equal(t, exitBadInput, code)
	require.Contains(t, unknown,
		`not found: must be an object of the run, got "Pod/nobody"; there are Deployment/serving/llm, Service/serving/llm, Node/gpu-0, Node/gpu-1, Pod/serving/llm-`)
	_, list, _ := strings.Cut(strings.TrimSpace(unknown), "there are ")
	for _, object := range strings.Split(list, ", ") {
		fromRecords, diagnostics, code := rehearse(t, "explain", file, object)
		require.Equal(t, exitOK, code, diagnostics)
		require.Greater(t, strings.Count(fromRecords, "\n"), 1, object)
		fromScenario, _, _ := rehearse(t, "explain", galleryFile("gpu-rollout-deadlock"), object)
		require.Equal(t, fromScenario, fromRecords)
	}
	_, wrong, code := rehearse(t, "explain", file, "Pod/nobody", "--seed", "3")
	require.Equal(t, exitBadInput, code)
	require.Contains(t, wrong, "--seed: must not be given with records")
}

// grown is a cluster to which steps bring a machine, a Deployment and a CronJob.
const grown = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: grown
replications: 1
duration: 10m
startTime: 2026-01-05T00:00:00Z
cluster: {pools: [{name: cpu, count: 1, capacity: {cpu: 4, memory: 8Gi}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec: &spec
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: web}]}
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web, namespace: shop}
  spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
timeline:
- {at: 1m, nodeAdd: {pool: cpu}}
- at: 2m
  apply:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: late, namespace: shop}, spec: *spec}
`

// What no run can have is said before one is played, with what may be meant.
func TestExplainKnowsWhatCanNotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "grown.yaml")
	require.NoError(t, os.WriteFile(file, []byte(grown), 0o600))
	for _, c := range []struct{ object, fault string }{
		{"Deployment/web", ""},
		{"Deployment/late", ""},
		{"node/cpu-1", ""},
		{"PodDisruptionBudget/web", ""},
		{"Deployment/wbe", "did you mean Deployment/shop/web?"},
		{"Deployment/shop/lat", "did you mean Deployment/shop/late?"},
		{"StatefulSet/late", "did you mean Deployment/shop/late?"},
		{"Deployment/other/web",
			"there are Deployment/shop/late, Deployment/shop/web, PodDisruptionBudget/shop/web, Node/cpu-0, Node/cpu-1"},
		{"Node/cpu-2", "did you mean Node/cpu-0 or Node/cpu-1?"},
		{"Pod/billing-6d4cf56db6-x7k2p", "there are Deployment/shop/late"},
		{"ConfigMap/web", "did you mean Deployment/shop/web or PodDisruptionBudget/shop/web?"},
		{"web", "did you mean Deployment/shop/web or PodDisruptionBudget/shop/web?"},
	} {
		t.Run(strings.ReplaceAll(c.object, "/", " "), func(t *testing.T) {
			out, diagnostics, code := rehearse(t, "explain", file, c.object)
			if c.fault == "" {
				require.Equal(t, exitOK, code, diagnostics)
				require.NotEmpty(t, out)
				return
			}
			require.Equal(t, exitBadInput, code)
			require.Empty(t, out)
			require.Contains(t, diagnostics, "rehearse: not found: must be an object of the run, got \""+c.object+"\"; "+c.fault)
			require.NotContains(t, diagnostics, "simulated")
		})
	}
	for object, want := range map[string]string{
		"ReplicaSet/web-6d4cf56db6": `rehearse: must be what makes it, which is told of with all that it makes: Deployment/shop/web, got "ReplicaSet/web-6d4cf56db6"`,
		"Node/":                     `not found: must be an object of the run, got "Node/"; there are`,
	} {
		_, diagnostics, code := rehearse(t, "explain", file, object)
		require.Equal(t, exitBadInput, code)
		require.Contains(t, diagnostics, want)
		require.NotContains(t, diagnostics, "simulated")
	}
	// A controller might have made it, so the run has to tell.
	_, diagnostics, code := rehearse(t, "explain", file, "Pod/web-6d4cf56db6-x7k2p")
	require.Equal(t, exitBadInput, code)
	require.Contains(t, diagnostics, "simulated 1 × 10m0s")
	require.Contains(t, diagnostics, `not found: must be an object of the run, got "Pod/web-6d4cf56db6-x7k2p"; there are`)
}
