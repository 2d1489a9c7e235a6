package objects

import (
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Unmade are the Secrets and ConfigMaps that containers of a template can't start without
// and no manifest has. Those that are absent are not among them.
func (x *Index) Unmade(t Template, absent []cluster.ObjectRef) (list []cluster.ObjectRef) {
	note := func(kind, name string, optional *bool) {
		ref := Ref(kind, t.Ref.Namespace, name)
		if _, declared := x.ByName[ref]; declared || name == "" || (optional != nil && *optional) ||
			slices.Contains(absent, ref) {
			return
		}
		list = append(list, ref)
	}
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		for _, e := range c.EnvFrom {
			if e.SecretRef != nil {
				note("Secret", e.SecretRef.Name, e.SecretRef.Optional)
			}
			if e.ConfigMapRef != nil {
				note("ConfigMap", e.ConfigMapRef.Name, e.ConfigMapRef.Optional)
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom != nil {
				x.noteKeys(e.ValueFrom, note)
			}
		}
	}
	return list
}

func (*Index) noteKeys(from *v1.EnvVarSource, note func(kind, name string, optional *bool)) {
	if r := from.SecretKeyRef; r != nil {
		note("Secret", r.Name, r.Optional)
	}
	if r := from.ConfigMapKeyRef; r != nil {
		note("ConfigMap", r.Name, r.Optional)
	}
}
