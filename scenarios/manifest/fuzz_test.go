package manifest

import (
	"strings"
	"testing"
	"testing/fstest"

	stdjson "encoding/json"

	"github.com/stretchr/testify/require"
)

// A change that is read and applied leaves a value that JSON can hold, whatever
// its path and value are.
func FuzzChange(f *testing.F) {
	for _, text := range []string{"Deployment/web:spec.replicas=5", "Pod/a/b:metadata.labels[x.y]=1", "A/b:c[0].d=&x [*x]",
		"A/b:list[name=n].v={a: [1]}", "A/b:" + strings.Repeat("a.", 2000) + "=1", "A/b:list[-1]=1", "A/b:=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, is, err := ParseChange(text)
		if err != nil || !is {
			return
		}
		var value any
		require.NoError(t, stdjson.Unmarshal([]byte(`{"list":[{"name":"n","v":1}],"spec":{"replicas":1}}`), &value))
		changed, err := Assign(value, c.Path, c.Value)
		if err == nil {
			_, err = stdjson.Marshal(changed)
			require.NoError(t, err)
		}
	})
}

// A ScaledObject is taken or has faults, each on one line.
func FuzzScaledObject(f *testing.F) {
	const head = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: k}\nspec:\n  scaleTargetRef: {name: web}\n"
	for _, rest := range []string{
		"  triggers: [{type: rabbitmq, metadata: {queueName: q, value: '5'}}]\n",
		"  minReplicaCount: 2147483647\n  triggers: [{type: cpu, metricType: Utilization, metadata: {value: '50'}}]\n",
		"  triggers: [{type: kafka, metadata: {lagThreshold: 1e2147483647}}]\n  fallback: {failureThreshold: -1, replicas: 1}\n",
		"  advanced: {scalingModifiers: {formula: x}}\n  triggers: &t [*t]\n",
	} {
		f.Add(head + rest)
	}
	f.Fuzz(func(t *testing.T, text string) {
		files := Files{FS: fstest.MapFS{"k.yaml": {Data: []byte(text)}}}
		set, err := Read([]string{"k.yaml"}, Options{Files: files})
		for _, line := range strings.Split(errorText(err), "\n") {
			require.False(t, strings.ContainsFunc(line, Control), "%q", line)
		}
		if err == nil && set == nil {
			t.Fatal("neither objects nor faults")
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
