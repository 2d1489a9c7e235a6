package ledger

import (
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
)

// Use is a field that an object sets and that is not simulated.
type Use struct {
	// Path is where it stands, as spec.template.spec.containers[0].lifecycle.postStart.
	Path string
	Row  *Row
}

// Unsimulated lists the fields of an object as it was written that are not simulated
// and differ from what defaults make of the object without them.
func Unsimulated(o runtime.Object, defaults func(runtime.Object)) []Use {
	v := reflect.ValueOf(o)
	plan := planOf(v.Type())
	if !plan.asks {
		return nil
	}
	var w walk
	w.at(plan, v)
	uses := w.found[:0]
	for i, u := range w.found {
		if !isDefault(o, w.steps[i], defaults) {
			uses = append(uses, u)
		}
	}
	return uses
}

// walk goes through an object.
type walk struct {
	trail []int    // fields and elements on the way to where it is
	names []string // of the fields; "" for one whose own stand among its parent's
	found []Use
	steps [][]int // the trail of each
}

func (w *walk) at(n *node, v reflect.Value) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case !n.asks || empty(v):
	case !n.split && n.row != nil && n.row.State == NotSimulated:
		w.found = append(w.found, Use{Path: w.path(), Row: n.row})
		w.steps = append(w.steps, append([]int(nil), w.trail...))
	case n.elem != nil:
		for i := range v.Len() {
			w.step(i, element, n.elem, v.Index(i))
		}
	default:
		for _, c := range n.fields {
			w.step(c.index, c.name, c.node, v.Field(c.index))
		}
	}
}

// element is the name of a step to an element of a list, whose index is in the trail.
const element = "[]"

func (w *walk) step(i int, name string, n *node, v reflect.Value) {
	if !n.asks {
		return
	}
	w.trail, w.names = append(w.trail, i), append(w.names, name)
	w.at(n, v)
	w.trail, w.names = w.trail[:len(w.trail)-1], w.names[:len(w.names)-1]
}

// path is where the walk is, as spec.template.spec.containers[0].
func (w *walk) path() string {
	var b strings.Builder
	for i, name := range w.names {
		switch {
		case name == element:
			fmt.Fprintf(&b, "[%d]", w.trail[i])
		case name != "":
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(name)
		}
	}
	return b.String()
}

// empty reports whether nothing is set: an empty list is none.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// isDefault reports whether the value at the end of a trail is what it would be had
// nobody written it.
func isDefault(o runtime.Object, trail []int, defaults func(runtime.Object)) bool {
	without := o.DeepCopyObject()
	end(without, trail).SetZero()
	defaults(without)
	made := end(without, trail)
	return !made.IsZero() && equality.Semantic.DeepEqual(made.Interface(), end(o, trail).Interface())
}

// end is the value at the end of a trail.
func end(o runtime.Object, trail []int) reflect.Value {
	v := reflect.ValueOf(o)
	for _, i := range trail {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() == reflect.Slice {
			v = v.Index(i)
		} else {
			v = v.Field(i)
		}
	}
	return v
}
