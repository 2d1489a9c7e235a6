package control

import (
	"errors"
	"fmt"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Faults collects what is wrong with the view of an object, such as
// "deployment default/web": each is an error "object: field: must …, got …".
type Faults struct {
	object string
	list   []error
}

// FaultsOf begins with none for the object of that kind.
func FaultsOf(kind string, o metav1.Object) *Faults {
	return &Faults{object: kind + " " + o.GetNamespace() + "/" + o.GetName()}
}

// Add adds one, which begins with the field.
func (f *Faults) Add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: %w", f.object, fmt.Errorf(format, args...)))
}

// Err joins them, nil when there is none.
func (f *Faults) Err() error { return errors.Join(f.list...) }

// Replicas checks the spec.replicas at path, "" for those of the object.
func (f *Faults) Replicas(path string, replicas *int32) {
	switch {
	case replicas == nil:
		f.Add("%sspec.replicas: must be set, got nil", path)
	case *replicas < 0:
		f.Add("%sspec.replicas: must be at least 0, got %d", path, *replicas)
	}
}

// Selector checks spec.selector.
func (f *Faults) Selector(selector *metav1.LabelSelector) {
	if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
		f.Add("spec.selector: must be a label selector, got %w", err)
	}
}

// HistoryLimit checks spec.revisionHistoryLimit of a workload with
// ControllerRevisions.
func (f *Faults) HistoryLimit(limit *int32) {
	if limit == nil {
		f.Add("spec.revisionHistoryLimit: must be set, got nil")
	}
}

// MinReadySeconds checks spec.minReadySeconds.
func (f *Faults) MinReadySeconds(minReadySeconds int32) {
	if minReadySeconds < 0 {
		f.Add("spec.minReadySeconds: must be at least 0, got %d", minReadySeconds)
	}
}

// Revisions checks the ControllerRevisions of a view.
func (f *Faults) Revisions(revisions []*apps.ControllerRevision) {
	names := map[string]bool{}
	for i, r := range revisions {
		if r == nil {
			f.Add("revisions[%d]: must be set, got nil", i)
			continue
		}
		if names[r.Name] {
			f.Add("revisions[%d].metadata.name: must be unique, got %q", i, r.Name)
		}
		names[r.Name] = true
	}
}

// Pods checks a list of pods of a view.
func (f *Faults) Pods(field string, pods []*v1.Pod) {
	for i, pod := range pods {
		if pod == nil {
			f.Add("%s[%d]: must be set, got nil", field, i)
		}
	}
}

// Fencepost checks a bound of a rolling update, given as a number or a
// percentage.
func (f *Faults) Fencepost(field string, value *intstr.IntOrString) {
	if n, err := intstr.GetScaledValueFromIntOrPercent(value, 100, true); err != nil || n < 0 {
		f.Add("%s: must be a count or a percentage of at least 0, got %v", field, value)
	}
}
