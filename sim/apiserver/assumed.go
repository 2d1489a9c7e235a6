package apiserver

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

func refOf(kind string, o kinds.Object) Ref {
	return Ref{Kind: kind, NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}}
}

// Lacks reports whether the cluster lacks an object that would otherwise be taken
// to exist.
func (s *Store) Lacks(ref Ref) bool { return s.absent[ref] }

// Miss lets the cluster lack an object from now on. It reports whether that is
// new.
func (s *Store) Miss(ref Ref) bool {
	if s.absent[ref] {
		return false
	}
	s.absent[ref] = true
	return true
}

// ConfigError is why a container's environment can't be made now
// (kubelet_pods.go, makeEnvironmentVariables), "" when it can.
func (s *Store) ConfigError(namespace string, c *v1.Container) string {
	missing := func(kind, name string, optional *bool) string {
		ref := Ref{Kind: kind, NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
		if name == "" || !s.Lacks(ref) || (optional != nil && *optional) {
			return ""
		}
		return fmt.Sprintf("%s %q not found", strings.ToLower(kind), name)
	}
	for _, e := range c.EnvFrom {
		if r := e.SecretRef; r != nil {
			if text := missing("Secret", r.Name, r.Optional); text != "" {
				return text
			}
		}
		if r := e.ConfigMapRef; r != nil {
			if text := missing("ConfigMap", r.Name, r.Optional); text != "" {
				return text
			}
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			if text := missing("Secret", r.Name, r.Optional); text != "" {
				return text
			}
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			if text := missing("ConfigMap", r.Name, r.Optional); text != "" {
				return text
			}
		}
	}
	return ""
}
