package extension_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const custom = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
duration: 1h
replications: 1
cluster:
  pools: [{name: gpu, count: 3, instanceType: aws/g6.xlarge}]
customKinds:
- {kind: Group, apiVersion: x.example/v1, template: .spec.workers.template, replicas: .spec.workers.size, restartsTogether: true}
- {kind: Service2, apiVersion: y.example/v1beta1, template: .spec.predictor, replicas: .spec.predictor.minReplicas}
manifests:
- apiVersion: x.example/v1
  kind: Group
  metadata: {name: llm}
  spec:
    workers:
      size: 2
      template:
        spec: {containers: [{name: w, image: "x:1", resources: {limits: {nvidia.com/gpu: 1}}}]}
- apiVersion: y.example/v1beta1
  kind: Service2
  metadata: {name: iris}
  spec:
    predictor: {minReplicas: 2, model: {a: b}, containers: [{name: k, image: "k:1", resources: {requests: {cpu: 100m}}}]}
workloads:
- {target: Group/llm, start: 1m, memory: {base: 1Gi}}
- {target: Service2/iris, start: 5s}
traffic:
- {workload: Service2/iris, rate: {constant: 5}, start: 1m}
timeline:
- {at: 10m, podKill: {target: Group/llm, count: 1}}
- {at: 20m, setImage: {target: Group/llm, container: w, image: "x:2"}}
- {at: 30m, scale: {target: Service2/iris, replicas: 4}}
- {at: 40m, scale: {target: Service2/iris, replicas: 1}}
- {at: 50m, delete: {target: Group/llm}}
`

// Pods of kinds that a scenario describes are made, restart together where it says so,
// follow the template and the size, serve, and go with their object.
func TestCustomKinds(t *testing.T) {
	run, err := load(custom)
	require.NoError(t, err)
	o := run(t)
	deleted := map[string]int{}
	made := map[string]int{}
	for _, p := range o.Pods {
		made[p.Owner]++
		deleted[p.Owner+" "+string(p.Deleted)]++
	}
	require.Equal(t, map[string]int{"default/Group/llm": 6, "default/Service2/iris": 4}, made)
	require.Equal(t, map[string]int{
		"default/Group/llm killed": 1, "default/Group/llm restarted-together": 1, "default/Group/llm rollout": 2,
		"default/Group/llm owner-deleted": 2, "default/Service2/iris scale-down": 3, "default/Service2/iris ": 1,
	}, deleted)
	require.Equal(t, []string{"default/Service2/iris"}, of[record.Run](o)[0].Services[0].Workloads)
	require.Contains(t, o.explain(t, "Group/llm"), "set image Group llm w=x:2")

	_, err = load(replaced(custom, "{name: w,", "{nme: w,"))
	require.ErrorContains(t, err,
		`s.yaml:18: spec.workers.template.spec.containers[0].nme: strict decoding error: unknown field `+
			`"spec.workers.template.spec.containers[0].nme"`)
	_, err = load(replaced(custom, "image: \"k:1\"", "image: \"\""))
	require.ErrorContains(t, err, "s.yaml:23: spec.predictor.containers[0].image: Required value")
	_, err = load(replaced(custom, "size: 2", "size: -2"))
	require.ErrorContains(t, err, "s.yaml:16: spec.workers.size: Invalid value: -2: must be from 0 to 100000")
}

// The line about an object of an unknown kind has the entry that makes its pods.
func TestUnknownKindsSayHowToSimulateThem(t *testing.T) {
	const object = `{apiVersion: x.example/v1, kind: Group, metadata: {name: g}, spec: {workers: {replicas: 3, template: {spec:
		{containers: [{name: w, image: "x:1"}]}}}}}`
	spec, err := scenarios.FromManifests([]string{"m.yaml"}, scenarios.Options{
		FS: fstest.MapFS{"m.yaml": {Data: []byte(object)}}, Nodes: []string{"1xcpu=4,memory=8Gi"}})
	require.NoError(t, err)
	require.Len(t, spec.Ignored, 1)
	require.Equal(t,
		"unknown to Kubernetes 1.37: the pods of its spec.workers.template.spec (replicas 3) are missing; a scenario makes them "+
			"with customKinds: [{kind: Group, apiVersion: x.example/v1, template: .spec.workers.template, replicas: .spec.workers.replicas}]", spec.Ignored[0].Reason)
}
