package cluster_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// TestStories plays the clusters of testdata/stories and holds what is told of them:
//
//	cluster                              a scenario; "Kind/name: {…}" in manifests and in a
//	manifests:                           step apply is an object with that spec, which needs
//	- StatefulSet/db: {replicas: 3}      only what is not usual (see usual)
//	timeline:
//	- {at: 60s, scale: {target: StatefulSet/db, replicas: 1}}
//	----
//
//	tell pods from=60                    what happened from 60 s on, in seconds after that
//	----
//	0.0 scale-down db-2
//
// A scenario without nodes has three of 8 CPU that are played as kwok plays them, whose
// pods are Ready 5 s after their start. go test ./sim/cluster -run TestStories -rewrite
// writes down what is told.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "../../testdata/stories", func(t *testing.T, path string) {
		var played story
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "cluster":
				played = story(play(t, storyOf(t, d.Input), 0))
				return ""
			case "tell":
				return played.tell(t, d)
			}
			d.Fatalf(t, "must be cluster or tell, got %s", d.Cmd)
			return ""
		})
	})
}

// usual is what the objects of stories have when they don't say otherwise.
const usual = `
pod: &pod
  metadata: {labels: {app: x}}
  spec:
    terminationGracePeriodSeconds: 30
    containers:
    - name: c
      image: app:v1
      resources: {requests: {cpu: 500m}}
      readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}
      lifecycle: {preStop: {sleep: {seconds: 3}}}
task: &task
  metadata: {labels: {app: x}}
  spec:
    restartPolicy: Never
    containers: [{name: c, image: app:v1, resources: {requests: {cpu: 500m}}}]
kinds:
  Deployment: {apiVersion: apps/v1, spec: {selector: {matchLabels: {app: x}}, template: *pod}}
  StatefulSet: {apiVersion: apps/v1, spec: {serviceName: x, selector: {matchLabels: {app: x}}, template: *pod}}
  DaemonSet: {apiVersion: apps/v1, spec: {selector: {matchLabels: {app: x}}, template: *pod}}
  Job: {apiVersion: batch/v1, spec: {template: *task}}
  CronJob: {apiVersion: batch/v1, spec: {schedule: "* * * * *", jobTemplate: {spec: {template: *task}}}}
  Pod: {apiVersion: v1, metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: app:v1}]}}
  Service: {apiVersion: v1, spec: {selector: {app: x}, ports: [{port: 80}]}}
  ResourceQuota: {apiVersion: v1}
  PodDisruptionBudget: {apiVersion: policy/v1, spec: {selector: {matchLabels: {app: x}}}}
  HorizontalPodAutoscaler: {apiVersion: autoscaling/v2}
behaviour:
  Deployment: {start: 4500ms}
  StatefulSet: {start: 4500ms}
  DaemonSet: {start: 4500ms}
  Job: {runs: 10s}
  CronJob: {runs: 10s}
`

type object = map[string]any

// storyOf is the scenario of a story.
func storyOf(t *testing.T, input string) *cluster.Spec {
	t.Helper()
	var known struct {
		Kinds, Behaviour map[string]object
	}
	require.NoError(t, yaml.Unmarshal([]byte(usual), &known))
	body := object{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(input), &body))
	workloads, _ := body["workloads"].([]any)
	whole := func(list any) {
		entries, _ := list.([]any)
		for i, entry := range entries {
			for key, spec := range entry.(object) {
				kind, name, short := strings.Cut(key, "/")
				if !short {
					continue
				}
				require.Contains(t, known.Kinds, kind)
				entries[i] = merged(t, known.Kinds[kind], object{
					"kind": kind, "metadata": object{"name": name, "namespace": "default"}, "spec": spec})
				described := func(w any) bool { return w.(object)["target"] == key }
				if b := known.Behaviour[kind]; b != nil && !slices.ContainsFunc(workloads, described) {
					workloads = append(workloads, merged(t, b, object{"target": key}))
				}
			}
		}
	}
	whole(body["manifests"])
	timeline, _ := body["timeline"].([]any)
	for _, step := range timeline {
		whole(step.(object)["apply"])
	}
	body["workloads"] = workloads
	defaults := object{"apiVersion": "rehearse.dev/v1alpha1", "kind": "Scenario", "name": "story", "replications": 1,
		"duration": "3m", "cluster": object{"nodes": playedNodes(3)}}
	text, err := yaml.Marshal(merged(t, defaults, body))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "story.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	spec, err := scenarios.Load(file, scenarios.Options{})
	require.NoError(t, err, "%s", text)
	return spec
}

func playedNodes(n int) (list []any) {
	for i := range n {
		size := object{"cpu": "8", "memory": "8Gi", "pods": "110"}
		name := fmt.Sprint("n-", i)
		list = append(list, object{"apiVersion": "v1", "kind": "Node",
			"metadata": object{"name": name, "annotations": played, "labels": object{"kubernetes.io/hostname": name}},
			"status":   object{"capacity": size, "allocatable": size}})
	}
	return list
}

// merged is a copy of base with what patch says (RFC 7386).
func merged(t *testing.T, base, patch object) (next object) {
	t.Helper()
	b, err := json.Marshal(base)
	require.NoError(t, err)
	p, err := json.Marshal(patch)
	require.NoError(t, err)
	text, err := jsonpatch.MergePatch(b, p)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &next))
	return next
}
