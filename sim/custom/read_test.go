package custom

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var group = Definition{GroupVersionKind: schema.GroupVersionKind{Group: "x.example", Version: "v1", Kind: "Group"},
	Template: ".spec.groups[1].template", Replicas: ".spec.groups[1].size"}

// What is written anywhere becomes the template and the number of pods, and a field of
// these is named as it is written.
func TestRead(t *testing.T) {
	zero, written, err := group.read(
		[]byte(`{"apiVersion": "x.example/v1", "kind": "Group", "metadata": {"name": "g"}, "spec": {
		"other": 1, "groups": [{}, {"size": 3, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}}]}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"apiVersion": "x.example/v1", "kind": "Group", "metadata": {"name": "g"}, "spec": {"replicas": 3,
		"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}}}`, string(zero))
	require.Equal(t, "spec.groups[1].template.spec.containers[0].image", written("spec.template.spec.containers[0].image"))
	require.Equal(t, "spec.groups[1].size", written("spec.replicas"))
	require.Equal(t, "metadata.name", written("metadata.name"))
	require.Equal(t, "spec.templates", written("spec.templates"))

	direct := Definition{GroupVersionKind: group.GroupVersionKind, Template: "spec.predictor", Replicas: "spec.none"}
	zero, written, err = direct.read(
		[]byte(
			`{"kind": "Group", "metadata": {"name": "g"}, "spec": {"predictor": {"model": {}, "containers": [{"name": "c"}]}}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"kind": "Group", "metadata": {"name": "g"}, "spec": {"template": {
		"metadata": {"labels": {"rehearse.dev/of": "group-g"}}, "spec": {"containers": [{"name": "c"}]}}}}`, string(zero))
	require.Equal(t, "spec.predictor.containers[0].name", written("spec.template.spec.containers[0].name"))

	for text, want := range map[string]string{
		`{"spec": {"groups": [{}]}}`:                    ".spec.groups[1].template: must be there, as customKinds says of Group",
		`{"spec": {"groups": [{}, {"template": "x"}]}}`: ".spec.groups[1].template: must be a template of pods, as customKinds says of Group",
		`{"spec": 1}`: ".spec.groups[1].template: must be there, as customKinds says of Group",
	} {
		_, _, err := group.read([]byte(text))
		require.EqualError(t, err, want, text)
	}
}

// Objects of strangers are read or refused; what is read is JSON.
func FuzzRead(f *testing.F) {
	for _, text := range []string{`{}`, `{"spec": {"groups": [1, {"template": {}}]}}`,
		`{"metadata": [], "spec": {"groups": [[], {"template": {"metadata": 1}}]}}`,
		`{"spec": {"groups": {"1": {"template": {"containers": null}}}}}`, `[]`,
		`{"spec": {"groups": [null, {"size": 1e99, "template": {"spec": null}}]}}`} {
		f.Add(text, ".spec.groups[1].template", ".spec.groups[1].size")
	}
	f.Fuzz(func(t *testing.T, text, template, replicas string) {
		d := Definition{GroupVersionKind: group.GroupVersionKind, Template: template, Replicas: replicas}
		zero, written, err := d.read([]byte(text))
		if err != nil {
			return
		}
		require.True(t, json.Valid(zero))
		written("spec.template.spec")
	})
}
