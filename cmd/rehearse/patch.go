package main

import (
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/scenarios/patch"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// patchUsage is told of every command whose answer is a change.
const patchUsage = "print the change of the answer, too: as kubectl, kustomize or diff (of the files, for patch -p0)"

func checkPatch(form string) error {
	switch form {
	case "", "kubectl", "kustomize", "diff":
		return nil
	}
	return badInput("--patch: must be kubectl, kustomize or diff, got %.80q", form)
}

// patchOf writes changes of --set in a form of --patch; "" for none. spec is the input
// without them.
func patchOf(form string, sets []string, spec *cluster.Spec, inputs *scenarios.Inputs) (text string, err error) {
	switch {
	case form == "" || len(sets) == 0:
		return "", nil
	case form == "kubectl":
		text, err = patch.Kubectl(sets, patchable(spec))
	case form == "kustomize":
		text, err = patch.Kustomize(sets, patchable(spec))
	default:
		var files []patch.File
		for _, name := range inputs.Names() {
			data, err := os.ReadFile(name)
			if err != nil {
				return "", badInput("--patch: %s: %s", scenarios.Visible(name), cause(err))
			}
			files = append(files, patch.File{Name: name, Text: string(data)})
		}
		text = patch.Diff(sets, files)
	}
	if err != nil {
		return "", badInput("--patch: %s", scenarios.Visible(err.Error()))
	}
	return text, nil
}

// patchable are the objects of the input.
func patchable(spec *cluster.Spec) (list []patch.Object) {
	table := spec.Kinds()
	spec.EachObject(func(o runtime.Object) {
		k := table.Of(o)
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil || k == nil {
			return
		}
		of := unstructured.Unstructured{Object: fields}
		list = append(list, patch.Object{Kind: k.Kind, Namespace: of.GetNamespace(), Name: of.GetName(),
			Resource: k.Resource.String(), Fields: fields})
	})
	return list
}
