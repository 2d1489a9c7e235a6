package scenarios

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestFaultsOfFlagsNameTheFlag holds that what comes of a flag is not told of the
// line of a file that says something else.
func TestFaultsOfFlagsNameTheFlag(t *testing.T) {
	files := fstest.MapFS{
		"web.yaml": {Data: []byte(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
`)},
		"s.yaml": {Data: []byte(`apiVersion: rehearse.dev/v1alpha1
kind: Scenario
duration: 1m
cluster: {pools: [{name: cpu, count: 1, instanceType: aws/m7i.large}]}
manifests: [web.yaml]
workloads: [{target: Deployment/web, start: 1s}]
`)},
	}
	for _, test := range []struct {
		set  string
		want string // of the manifests, and of the scenario
	}{
		{"Deployment/web:spec.replicas=-1",
			"--set Deployment/web:spec.replicas=-1: spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
		{"Deployment/web:spec.replicas=many",
			"--set Deployment/web:spec.replicas=many: spec.replicas: json: cannot unmarshal string"},
		{"Deployment/web:spec.template.spec.containers[web].image=",
			"--set Deployment/web:spec.template.spec.containers[web].image=: spec.template.spec.containers[0].image: Required value"},
		{"Deployment/web:spec.template.spec={}",
			"--set Deployment/web:spec.template.spec={}: spec.template.spec.containers: Required value"},
		{"Deployment/web:spec.paused=1", "--set Deployment/web:spec.paused=1: spec.paused: json: cannot unmarshal number"},
		{"Deployment/none:spec.replicas=1",
			`--set Deployment/none:spec.replicas=1: must name an object of the manifests, found no Deployment "none"`},
	} {
		options := Options{FS: files, Set: []string{test.set}}
		_, err := Load("s.yaml", options)
		require.ErrorContains(t, err, test.want)
		options.Nodes = []string{"1xaws/m7i.large"}
		_, err = FromManifests([]string{"web.yaml"}, options)
		require.ErrorContains(t, err, test.want)
		require.Equal(t, test.want, err.Error()[:len(test.want)], "nothing before it")
	}
	for set, want := range map[string]string{
		"duration=never":                        "--set duration=never: duration: must be a duration",
		"cluster.pools[0].count=-2":             "--set cluster.pools[0].count=-2: cluster.pools[0]",
		"workloads[0].memory={base: much}":      "--set workloads[0].memory={base: much}: workloads[0].memory.base: must be",
		"cluster.pools[cpu].instanceType=aws/x": "--set cluster.pools[cpu].instanceType=aws/x: cluster.pools[0].instanceType: must",
	} {
		_, err := Load("s.yaml", Options{FS: files, Set: []string{set}})
		require.ErrorContains(t, err, want)
	}
	_, err := Load("s.yaml", Options{FS: files, Set: []string{"duration=5m", "workloads[0].target=Deployment/other"}})
	require.ErrorContains(t, err,
		"--set workloads[0].target=Deployment/other: workloads[0].target: must match a container")
	_, err = FromManifests([]string{"web.yaml"}, Options{FS: files, Nodes: []string{"many"}})
	require.ErrorContains(t, err, "--nodes: must be an instance type of the catalogue, got \"many\"")
	require.NotContains(t, err.Error(), "web.yaml")
}
