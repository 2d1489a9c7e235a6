package ledger

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// node is a Go type at one place of an object, with the row that holds there.
type node struct {
	row    *Row // nil when the table says nothing of it itself
	fields []child
	// elem is what a list or a pointer leads to; nil for a leaf.
	elem *node
	// asks says that something here or below is not simulated.
	asks bool
	// split says that not all below has the row of the node.
	split bool
}

// child is a field of a struct.
type child struct {
	name  string // by JSON, "" for one whose fields stand among those of its parent
	index int
	node  *node
}

// scope is where the walk is, seen from a type that it came through.
type scope struct {
	path string // from that type on
	row  *Row   // the longest of the table that begins at the type and leads here
}

// planner makes nodes; types that look the same from everywhere are shared.
type planner struct {
	sync.Mutex
	made map[string]*node
}

var plans = planner{made: map[string]*node{}}

// planOf is the plan of objects of a Go type.
func planOf(t reflect.Type) *node {
	plans.Lock()
	defer plans.Unlock()
	return plans.of(t, nil)
}

// leaf reports whether a type is one value: a scalar, a map, or what writes itself.
func leaf(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return leaf(t.Elem())
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Uint8 || leaf(t.Elem())
	case reflect.Struct:
		return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
	}
	return true
}

func (p *planner) of(t reflect.Type, scopes []scope) *node {
	for t.Kind() == reflect.Pointer && !leaf(t) {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && !leaf(t) {
		scopes = entered(scopes, t.Name())
	}
	scopes = alive(scopes)
	key := keyOf(t, scopes)
	if n, is := p.made[key]; is {
		return n
	}
	n := &node{row: decided(scopes)}
	p.made[key] = n
	switch {
	case leaf(t):
	case t.Kind() == reflect.Slice:
		n.elem = p.of(t.Elem(), deeper(scopes, "[]"))
	default:
		p.fields(n, t, scopes)
	}
	n.settle()
	return n
}

func (p *planner) fields(n *node, t reflect.Type, scopes []scope) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			n.fields = append(n.fields, child{index: i, node: p.of(f.Type, scopes)})
		default:
			n.fields = append(n.fields, child{name: name, index: i, node: p.of(f.Type, deeper(scopes, "."+name))})
		}
	}
}

// settle sums up what is below.
func (n *node) settle() {
	n.asks = n.row != nil && n.row.State == NotSimulated
	for below := range n.below {
		n.asks = n.asks || below.asks
		n.split = n.split || below.split || below.row != n.row
	}
}

func (n *node) below(yield func(*node) bool) {
	if n.elem != nil && !yield(n.elem) {
		return
	}
	for _, c := range n.fields {
		if !yield(c.node) {
			return
		}
	}
}

// entered adds a type as the place that paths can begin at.
func entered(scopes []scope, name string) []scope {
	if decided(scopes) != nil {
		return scopes // rows of outer types go before those of inner ones
	}
	return append(scopes[:len(scopes):len(scopes)], scope{path: name, row: table().byPath[name]})
}

// deeper takes a step: to a field (".name") or to the elements ("[]").
func deeper(scopes []scope, step string) []scope {
	var list []scope
	for _, s := range scopes {
		s.path += step
		if row := table().byPath[s.path]; row != nil {
			s.row = row
		}
		list = append(list, s)
	}
	return list
}

// alive leaves out the scopes that can't say anything any more.
func alive(scopes []scope) []scope {
	var list []scope
	for _, s := range scopes {
		below := table().above[s.path]
		if !below && s.row == nil {
			continue
		}
		if !below {
			s.path = ""
		}
		list = append(list, s)
		if s.row != nil {
			break
		}
	}
	return list
}

func decided(scopes []scope) *Row {
	for _, s := range scopes {
		if s.row != nil {
			return s.row
		}
	}
	return nil
}

func keyOf(t reflect.Type, scopes []scope) string {
	key := t.PkgPath() + "." + t.String()
	for _, s := range scopes {
		key += " " + s.path
		if s.row != nil {
			key += "=" + s.row.Path
		}
	}
	return key
}
