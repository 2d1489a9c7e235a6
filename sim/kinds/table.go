package kinds

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Table is the kinds that a run knows. It is read-only.
type Table struct {
	rows       []*Kind
	byName     map[string]*Kind
	byType     map[reflect.Type]*Kind
	byResource map[schema.GroupResource]*Kind
}

// NewTable returns a table of rows; a later row of a name takes the place of an
// earlier one.
func NewTable(rows ...Kind) *Table {
	t := &Table{byName: map[string]*Kind{}, byType: map[reflect.Type]*Kind{}, byResource: map[schema.GroupResource]*Kind{}}
	for _, row := range rows {
		k := &row
		if old := t.byName[k.Kind]; old != nil {
			t.rows[slices.Index(t.rows, old)] = k
			delete(t.byType, reflect.TypeOf(old.Zero))
			delete(t.byResource, old.Resource)
		} else {
			t.rows = append(t.rows, k)
		}
		t.byName[k.Kind], t.byType[reflect.TypeOf(k.Zero)], t.byResource[k.Resource] = k, k, k
	}
	return t
}

// With is the table with more rows.
func (t *Table) With(rows ...Kind) *Table {
	if len(rows) == 0 {
		return t
	}
	all := make([]Kind, 0, len(t.rows)+len(rows))
	for _, k := range t.rows {
		all = append(all, *k)
	}
	return NewTable(append(all, rows...)...)
}

// Rows are the kinds in the order of the table.
func (t *Table) Rows() []*Kind { return t.rows }

// Named is the kind of a name such as Deployment, nil when the table has none.
func (t *Table) Named(name string) *Kind { return t.byName[name] }

// Called is the kind that a person means by a word, as kubectl takes it: in any case
// its name, its resource in the plural, or what that is for short, with or without the
// API group and version; nil when the table has none.
func (t *Table) Called(word string) *Kind {
	if k := t.byName[word]; k != nil {
		return k
	}
	name, group, _ := strings.Cut(strings.ToLower(word), ".")
	for _, k := range t.rows {
		own := strings.ToLower(k.Group)
		if group != "" && group != own && group != k.Version+"."+own && (own != "" || group != k.Version) {
			continue
		}
		if name != "" && (name == strings.ToLower(k.Kind) || name == k.Resource.Resource || name == k.Short) {
			return k
		}
	}
	return nil
}

// Canonical is a text such as deploy/web with the name of the kind, Deployment/web. What
// begins with no kind of the table is as it was.
func (t *Table) Canonical(text string) string {
	word, rest, named := strings.Cut(text, "/")
	k := t.Called(word)
	switch {
	case k == nil:
		return text
	case named:
		return k.Kind + "/" + rest
	}
	return k.Kind
}

// WithResource is the kind of a resource such as deployments.apps, nil when the
// table has none.
func (t *Table) WithResource(r schema.GroupResource) *Kind { return t.byResource[r] }

// Of is the kind of an object, nil when the table has none.
func (t *Table) Of(o runtime.Object) *Kind {
	if s, is := o.(Several); is {
		return t.byName[s.KindName()]
	}
	return t.byType[reflect.TypeOf(o)]
}

// NameOf is the name of an object's kind. One that the table lacks is called as
// it calls itself, or as its Go type.
func (t *Table) NameOf(o runtime.Object) string {
	if k := t.Of(o); k != nil {
		return k.Kind
	}
	if name := o.GetObjectKind().GroupVersionKind().Kind; name != "" {
		return name
	}
	name := fmt.Sprintf("%T", o)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// Names are the kinds for which is holds, sorted.
func (t *Table) Names(is func(*Kind) bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t.byName)), func(name string) bool { return !is(t.byName[name]) })
}

// Alternatives are the kinds for which is holds, in the order of the table, as a
// sentence names them: "a, b or c".
func (t *Table) Alternatives(is func(*Kind) bool) string {
	var list []string
	for _, k := range t.rows {
		if is(k) {
			list = append(list, k.Kind)
		}
	}
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " or " + list[last]
	}
	return strings.Join(list, "")
}

// PodsOf is what an object says of pods: the metadata and the spec of a Pod
// itself, or of the template of the pods that its controller makes. They are nil
// for objects of other kinds.
func (t *Table) PodsOf(o runtime.Object) (*metav1.ObjectMeta, *v1.PodSpec) {
	if p, is := o.(*v1.Pod); is {
		return &p.ObjectMeta, &p.Spec
	}
	k := t.Of(o)
	if k == nil || k.Template == nil {
		return nil, nil
	}
	template := k.Template(o.(Object))
	return &template.ObjectMeta, &template.Spec
}

// ClaimsOf are the templates of claims of which each pod of an object gets its own.
func (t *Table) ClaimsOf(o runtime.Object) []v1.PersistentVolumeClaim {
	k := t.Of(o)
	if k == nil || k.Claims == nil {
		return nil
	}
	return k.Claims(o.(Object))
}

// Faults is what validation has against an object of an extension's kind.
func (k *Kind) Faults(o Object) field.ErrorList {
	if k.Validate == nil {
		return nil
	}
	return k.Validate(o)
}

// SizeOf is how many pods the controller of an object is to keep: spec.replicas of
// a kind with a scale subresource, else 1.
func (k *Kind) SizeOf(o Object) int32 {
	if k.Scale != nil {
		if n := *k.Scale.Replicas(o); n != nil {
			return *n
		}
	}
	return 1
}

// HasPods reports whether objects of a kind are pods, or have a template of pods.
func (k *Kind) HasPods() bool { return k != nil && (k.Kind == Pod || k.Template != nil) }

// MakesPods reports whether the controller of a kind makes pods, directly or
// through objects of another kind.
func (k *Kind) MakesPods() bool { return k != nil && slices.Contains(k.Makes, Pod) }
