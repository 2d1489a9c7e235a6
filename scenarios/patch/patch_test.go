package patch

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

const manifests = `# the web
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3 # three
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: "25%"
      maxUnavailable: 0

  template:
    spec:
      containers:
      - name: web
        image: web:1
        resources: {requests: {cpu: 100m}}
      - image: side:1
        name: side
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: web
  spec: {ports: [{port: 80}]}`

var sets = []string{
	"Deployment/web:spec.replicas=5",
	"deploy/shop/web:spec.strategy.rollingUpdate.maxSurge=50%",
	"Deployment/web:spec.strategy={type: Recreate}",
	"Deployment/web:spec.template.spec.terminationGracePeriodSeconds=600",
	"Deployment/web:spec.template.spec.containers[0].lifecycle.preStop={sleep: {seconds: 15}}",
	"Deployment/web:spec.template.spec.containers[side].resources.limits.memory=1Gi",
	"Deployment/web:spec.template.spec.containers[web].resources.requests.cpu=200m",
	"Deployment/web:metadata.annotations.example~1.com/x=y",
}

// assigned is what --set makes of the object.
func assigned(t *testing.T, sets ...string) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(manifests), &object))
	for _, set := range sets {
		c, is, err := manifest.ParseChange(set)
		require.NoError(t, err)
		require.True(t, is)
		_, err = manifest.Assign(object, c.Path, c.Value)
		require.NoError(t, err)
	}
	return object
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func object(t *testing.T) Object {
	return Object{Kind: "Deployment", Namespace: "shop", Name: "web", Resource: "deployments.apps", Fields: assigned(t)}
}

// What kubectl patch sends makes of the object what --set makes of it, one by one and all
// together.
func TestPatchesDoWhatSetDoes(t *testing.T) {
	body := regexp.MustCompile(`^kubectl patch deployments\.apps/web -n shop --type json -p '(.*)'\n$`)
	for i := range len(sets) + 1 {
		some := sets
		if i < len(sets) {
			some = sets[i : i+1]
		}
		text, err := Kubectl(some, []Object{object(t)})
		require.NoError(t, err)
		m := body.FindStringSubmatch(text)
		require.NotNil(t, m, text)
		p, err := jsonpatch.DecodePatch([]byte(m[1]))
		require.NoError(t, err)
		got, err := p.Apply([]byte(asJSON(t, assigned(t))))
		require.NoError(t, err, text)
		assert.JSONEq(t, asJSON(t, assigned(t, some...)), string(got), text)

		kustomization, err := Kustomize(some, []Object{object(t)})
		require.NoError(t, err)
		var k struct {
			Patches []struct {
				Target map[string]string
				Patch  string
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(kustomization), &k))
		require.Len(t, k.Patches, 1)
		assert.Equal(t, map[string]string{"kind": "Deployment", "name": "web", "namespace": "shop"}, k.Patches[0].Target)
		var operations []any
		require.NoError(t, yaml.Unmarshal([]byte(k.Patches[0].Patch), &operations))
		assert.JSONEq(t, m[1], asJSON(t, operations))
	}
	text, err := Kubectl([]string{"duration=5m", "Deployment/nothing:spec.replicas=1"}, []Object{object(t)})
	require.NoError(t, err)
	assert.Equal(t, "# not of an object: duration=5m\n", text)
}

// The files as edited say what --set says, and the comments stay.
func TestEditsDoWhatSetDoes(t *testing.T) {
	for _, set := range sets {
		text, err := edit(manifests, set)
		if strings.Contains(set, "cpu=200m") || strings.Contains(set, "annotations") {
			continue // below
		}
		require.NoError(t, err, set)
		var got map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, asJSON(t, assigned(t, set)), asJSON(t, got), text)
		assert.Contains(t, text, "# the web")
		assert.Contains(t, text, "# three")
	}
	text, err := edit(manifests, "Deployment/web:spec.template.spec.containers[web].resources.requests.cpu=200m")
	require.NoError(t, err)
	assert.Contains(t, text, "resources: {requests: {cpu: 200m}}")
	text, err = edit(manifests, "Service/web:spec.ports[0].port=81")
	require.NoError(t, err)
	assert.Contains(t, text, "{port: 81}")
	_, err = edit(strings.ReplaceAll(manifests, "\n", "\r\n"), "Deployment/web:spec.replicas=5")
	require.ErrorIs(t, err, errForm, "lines end otherwise")
	_, err = edit(manifests, "Deployment/web:metadata.labels.a=b")
	require.ErrorIs(t, err, errForm, "in braces")
	for _, set := range []string{"Deployment/x:spec.replicas=1", "Deployment/other/web:spec.replicas=1", "duration=1h"} {
		_, err = edit(manifests, set)
		require.ErrorIs(t, err, errElsewhere)
	}
	text, err = edit("apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\ncluster: {pools: [{name: gpu, count: 2}]}\n",
		"cluster.pools[gpu].count=3")
	require.NoError(t, err)
	assert.Contains(t, text, "{name: gpu, count: 3}")
}

// patch(1) makes of the files what the edits make of them.
func TestDiffsApply(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("there is no patch(1)")
	}
	files := []File{{"a.yaml", "kind: ConfigMap\n"}, {"web.yaml", manifests}}
	want := manifests
	var made []string
	for _, set := range append(sets[:6:6], "Service/web:spec.ports[0].port=81") {
		text, err := edit(want, set)
		require.NoError(t, err)
		want, made = text, append(made, set)
	}
	diff := Diff(append(made, "Deployment/x:spec.replicas=1"), files)
	assert.True(t, strings.HasPrefix(diff, "# by hand: Deployment/x:spec.replicas=1 (nothing of the files is what it is of)\n"))
	assert.NotContains(t, diff, "a.yaml")
	assert.GreaterOrEqual(t, strings.Count(diff, "@@ -"), 1)
	folder := t.TempDir()
	for _, f := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, f.Name), []byte(f.Text), 0o600))
	}
	command := exec.Command("patch", "-p0", "--fuzz=0")
	command.Dir, command.Stdin = folder, strings.NewReader(diff)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, diff)
	got, err := os.ReadFile(filepath.Join(folder, "web.yaml"))
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
}

// Whatever is written, a text that was edited differs in what was asked for or not at all.
func FuzzEdit(f *testing.F) {
	for _, set := range sets {
		f.Add(manifests, set)
	}
	f.Fuzz(func(t *testing.T, text, set string) {
		if edited, err := edit(text, set); err == nil && manifest.CheckYAML("", []byte(text)) == nil {
			_ = Diff([]string{set}, []File{{"f", text}})
			_ = edited
		}
	})
}
