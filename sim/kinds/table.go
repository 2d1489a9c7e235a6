package kinds

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// WithResource is the kind of a resource such as deployments.apps, nil when the
// table has none.
func (t *Table) WithResource(r schema.GroupResource) *Kind { return t.byResource[r] }

// Of is the kind of an object, nil when the table has none.
func (t *Table) Of(o runtime.Object) *Kind { return t.byType[reflect.TypeOf(o)] }

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

// MakesPods reports whether the controller of a kind makes pods, directly or
// through objects of another kind.
func (k *Kind) MakesPods() bool { return k != nil && slices.Contains(k.Makes, Pod) }
