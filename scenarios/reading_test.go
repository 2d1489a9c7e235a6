package scenarios_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// read makes a Spec of files that are manifests.
func read(t *testing.T, files map[string]string, change func(*scenarios.Options),
	paths ...string) (*cluster.Spec, error) {
	t.Helper()
	system := fstest.MapFS{}
	for name, text := range files {
		system[name] = &fstest.MapFile{Data: []byte(text)}
	}
	o := scenarios.Options{FS: system, Nodes: []string{"2xcpu=8,memory=32Gi"}}
	if change != nil {
		change(&o)
	}
	return scenarios.FromManifests(paths, o)
}

func pod(name, image string) string {
	return `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "` + name + `"}, "spec": {"containers": [{"name": "c", "image": "` + image + `"}]}}`
}

func ignored(spec *cluster.Spec) string {
	var lines []string
	for _, i := range spec.Ignored {
		lines = append(lines, strings.TrimSpace(i.Source+" "+i.Object+" "+i.Field)+": "+i.Reason)
	}
	return strings.Join(lines, "\n")
}

func assumed(spec *cluster.Spec) string { return strings.Join(spec.Assumptions, "\n") }

func TestNothingIsLostInReading(t *testing.T) {
	spec, err := read(t, map[string]string{"s.json": pod("a", "x") + "\n" + pod("b", "x") + pod("c", "x")}, nil, "s.json")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 3, "JSON values one after the other")

	_, err = read(t, map[string]string{"s.json": pod("a", "x") + "\n{\"kind\": "}, nil, "s.json")
	require.ErrorContains(t, err, "s.json:2: must be YAML or JSON")

	spec, err = read(t, map[string]string{"s.yaml": pod("a", "x") + "\n...\n" + pod("b", "x")}, nil, "s.yaml")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 2, "the end of a document")

	spec, err = read(t, map[string]string{"p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: c, image: x}\n  nodeName: n\n  nodeName: cpu-0\n"}, nil, "p.yaml")
	require.NoError(t, err)
	assert.Equal(t, `p.yaml:8 key "nodeName": stands twice in one object: the last one counts, as with kubectl`, ignored(spec))
}

func TestFoldersOfFolders(t *testing.T) {
	files := map[string]string{"k/a.yaml": pod("a", "x"), "k/sub/b.yaml": pod("b", "x"), "k/sub/deep/c.yml": pod("c", "x"), "k/sub/README.md": "no"}
	spec, err := read(t, files, nil, "k")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 1)
	assert.Equal(t, "k/sub sub: 2 files of this folder are not read; -R reads them", ignored(spec))
	recursive := func(o *scenarios.Options) { o.Recursive = true }
	spec, err = read(t, files, recursive, "k")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 3)
	assert.Empty(t, spec.Ignored)
	_, err = read(t, map[string]string{"k/sub/b.yaml": pod("b", "x")}, nil, "k")
	assert.EqualError(t, err, "k: must hold at least one .yaml, .yml or .json file, or -R to read those of k/sub")
}

func TestHelmHooks(t *testing.T) {
	hook := func(kinds string) string {
		return strings.Replace(pod("t", "busybox"), `"name": "t"`, `"name": "t", "annotations": {"helm.sh/hook": "`+kinds+`"}`, 1)
	}
	spec, err := read(t, map[string]string{"a.yaml": pod("a", "x"), "t.yaml": hook("test")}, nil, "a.yaml", "t.yaml")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 1)
	assert.Equal(t, "t.yaml:1 Pod default/t: a hook of Helm that an installation does not run (test)", ignored(spec))
	spec, err = read(t, map[string]string{"t.yaml": hook("pre-install,pre-upgrade")}, nil, "t.yaml")
	require.NoError(t, err)
	assert.Len(t, spec.Objects, 1)
	assert.Contains(t, ignored(spec), "Helm waits for this hook to end")
}

// What a real cluster acts on and the simulation does not is told with its line, and an
// error where people are strict.
func TestUnsimulatedFieldsAndKindsAreTold(t *testing.T) {
	files := map[string]string{"m.yaml": `apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  readinessGates: [{conditionType: x}]
  containers: [{name: c, image: x}]
---
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: llm}
spec:
  replicas: 2
  leaderWorkerTemplate:
    workerTemplate:
      spec:
        containers: [{name: w, image: x}]
`}
	spec, err := read(t, files, nil, "m.yaml")
	require.NoError(t, err)
	assert.Equal(t, "m.yaml:9 LeaderWorkerSet llm: unknown to Kubernetes 1.37: the pods of its spec.leaderWorkerTemplate.workerTemplate.spec (replicas 2) are missing; a scenario makes them with customKinds: [{kind: LeaderWorkerSet, apiVersion: leaderworkerset.x-k8s.io/v1, template: .spec.leaderWorkerTemplate.workerTemplate, replicas: .spec.replicas}]\n"+
		"m.yaml:5 Pod default/a spec.readinessGates: conditions of other controllers are taken to be true at once: pods get Ready too early where theirs take time", ignored(spec))
	_, err = read(t, files, func(o *scenarios.Options) { o.Strict = true }, "m.yaml")
	assert.EqualError(t, err, "m.yaml:5: spec.readinessGates: not simulated (--strict): conditions of other controllers are taken to be true at once: pods get Ready too early where theirs take time\n"+
		"m.yaml:9: kind: not simulated (--strict): unknown to Kubernetes 1.37: the pods of its spec.leaderWorkerTemplate.workerTemplate.spec (replicas 2) are missing; a scenario makes them with customKinds: [{kind: LeaderWorkerSet, apiVersion: leaderworkerset.x-k8s.io/v1, template: .spec.leaderWorkerTemplate.workerTemplate, replicas: .spec.replicas}]")
}

const shop = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec: {containers: [{name: f, image: "shop.example/front:1", env: [{name: CART_ADDR, value: "cart:7070"}, {name: DB_HOST, value: db}, {name: MODE, value: front}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: c, image: "shop.example/cart:1", args: ["--front=http://front.default.svc.cluster.local"]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: d, image: "postgres:16"}]}
---
{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {selector: {app: front}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart}, spec: {selector: {app: cart}, ports: [{port: 7070}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: front-metrics}, spec: {selector: {app: front}, ports: [{port: 9090}]}}
`

// Load comes in at the entrances, and goes on to what containers name; a call that
// would lead back is none.
func TestEntrances(t *testing.T) {
	load := func(o *scenarios.Options) { o.RPS = []string{"3"} }
	streams := func(more string) (list []string, told string) {
		spec, err := read(t, map[string]string{"m.yaml": shop + more}, load, "m.yaml")
		require.NoError(t, err)
		for _, s := range spec.Traffic {
			list = append(list, s.Name)
		}
		return list, assumed(spec)
	}
	list, told := streams("---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {defaultBackend: {service: {name: front, port: {number: 80}}}}}\n")
	assert.Equal(t, []string{"default/front"}, list)
	assert.Contains(t, told, "each request calls default/cart, default/db, which it names, one after the other")
	assert.NotContains(t, told, "each request calls default/front")
	assert.Contains(t, told, "default/StatefulSet/db container d: PostgreSQL by its image")
	assert.Contains(t, told, "3 requests/s from 1m0s on, Poisson, clients wait 30s (an Ingress or a route leads to it)")

	list, _ = streams("---\n{apiVersion: v1, kind: Service, metadata: {name: public}, spec: {type: LoadBalancer, selector: {app: cart}, ports: [{port: 80}]}}\n")
	assert.Equal(t, []string{"default/public"}, list)

	separate := strings.Replace(shop, `, args: ["--front=http://front.default.svc.cluster.local"]`, "", 1)
	spec, err := read(t, map[string]string{"m.yaml": separate}, load, "m.yaml")
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 1, "databases, metrics and what others name are no entrances")
	assert.Equal(t, "default/front", spec.Traffic[0].Name)
}

// A model server without a Service gets its requests as behind an InferencePool, from
// when it is expected to listen, and its tokens take the time of its model on its GPU.
func TestModelServerWithoutService(t *testing.T) {
	text := strings.Replace(modelServer, "Instruct]", `Instruct, --max-model-len, "8192"]`, 1)
	spec, err := read(t, map[string]string{"m.yaml": text}, func(o *scenarios.Options) {
		o.RPS, o.Nodes = []string{"1"}, []string{"1xaws/g6e.xlarge"}
	}, "m.yaml")
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 1)
	assert.Equal(t, "default/llm", spec.Traffic[0].Name)
	assert.Greater(t, spec.Traffic[0].Start.Seconds(), 240.0)
	var models int
	for _, w := range spec.Workloads {
		if m := w.Server.Model; m != nil {
			models++
			assert.Equal(t, "l40s", m.GPU.Name)
			assert.Equal(t, 8192, m.MaxModelLen)
			assert.Equal(t, "llama-3.1-8b", m.Model.Name)
		}
	}
	assert.Equal(t, 1, models, assumed(spec))
	assert.Contains(t, assumed(spec), "vLLM 0.11.0 by its command, model meta-llama/Llama-3.1-8B-Instruct, --max-model-len=8192")
}

func TestHooksWhoseLengthNobodyCanReadAreAssumed(t *testing.T) {
	hooks := func(lifecycle string) string {
		text := `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "x", "lifecycle": ` + lifecycle + `}]}}`
		spec, err := read(t, map[string]string{"m.yaml": text}, nil, "m.yaml")
		require.NoError(t, err)
		return assumed(spec)
	}
	assert.Contains(t, hooks(`{"preStop": {"exec": {"command": ["sh", "-c", "while busy; do sleep 5; done"]}}}`),
		"its preStop command loops until no request is in flight")
	assert.Contains(t, hooks(`{"postStart": {"exec": {"command": ["sh", "-c", "/warm.sh; sleep 5"]}}}`),
		"its postStart command takes 5s, the sleeps of its text")
	assert.Contains(t, hooks(`{"postStart": {"exec": {"command": ["/init.sh"]}}}`), "its postStart command returns at once")
	assert.Contains(t, hooks(`{"preStop": {"httpGet": {"port": 80}}}`), "its preStop request is answered at once")
	for _, plain := range []string{`["sleep", "5"]`, `["sh", "-c", "sleep 5"]`, `["/bin/sh", "-c", "exec /bin/sleep 5s"]`} {
		assert.NotContains(t, hooks(`{"preStop": {"exec": {"command": `+plain+`}}}`), "preStop", plain)
	}
}
