package manifest

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// helmHook is the annotation of a hook of a Helm chart, which `helm template` prints
// among the other objects (helm.sh/helm/v3, pkg/release/hook.go).
const helmHook = "helm.sh/hook"

// installs are the hooks that run when a chart is installed or upgraded.
var installs = []string{"pre-install", "post-install", "pre-upgrade", "post-upgrade"}

// helmHookOf says what a hook of a chart is: tests and what runs at a deletion or a
// rollback are no workload and left out, told says why. What runs at an installation
// stays and is told, too, as Helm waits for it and nothing here does.
func helmHookOf(m metav1.Object) (told string, stays bool) {
	value, is := m.GetAnnotations()[helmHook]
	if !is {
		return "", true
	}
	var names []string
	for _, name := range strings.Split(value, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(installs, name) }) {
		return "Helm waits for this hook to end; here all objects are applied at once", true
	}
	return "a hook of Helm that an installation does not run (" + strings.Join(names, ", ") + ")", false
}

// hook tells of an object that is a hook, and whether it stays.
func (r *reader) hook(source Source, gvk schema.GroupVersionKind, m metav1.Object) bool {
	told, stays := helmHookOf(m)
	if told == "" {
		return true
	}
	i := record.Ignored{Object: Visible(nameOf(gvk.Kind, m.GetNamespace(), m.GetName())), Source: r.place(source),
		Reason: Visible(told)}
	if stays {
		i.Field = "metadata.annotations[" + helmHook + "]"
	}
	r.set.Ignored = append(r.set.Ignored, i)
	return stays
}
