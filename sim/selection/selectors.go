package selection

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// Selectors are label selectors, each with what it stands for, by a label that they
// require. The zero value is empty.
type Selectors[T any] struct {
	// requiring are the selectors by namespace, and there by the key and value of a
	// label that they require. Those that require none are under the zero label.
	requiring map[string]map[string]map[string][]*Selector[T]
	came      int
}

// Selector is one of Selectors.
type Selector[T any] struct {
	value     T
	namespace string
	selector  labels.Selector
	came      int
}

// Add takes in a selector of a namespace.
func (x *Selectors[T]) Add(namespace string, selector labels.Selector, value T) *Selector[T] {
	x.came++
	s := &Selector[T]{value: value, namespace: namespace, came: x.came}
	x.put(s, selector)
	return s
}

// Change puts another selector in the place of one, which keeps its turn.
func (x *Selectors[T]) Change(s *Selector[T], selector labels.Selector) {
	x.Remove(s)
	x.put(s, selector)
}

func (x *Selectors[T]) put(s *Selector[T], selector labels.Selector) {
	s.selector = selector
	key, values, selectable := first(selector)
	if !selectable {
		return
	}
	if x.requiring == nil {
		x.requiring = map[string]map[string]map[string][]*Selector[T]{}
	}
	if x.requiring[s.namespace] == nil {
		x.requiring[s.namespace] = map[string]map[string][]*Selector[T]{}
	}
	byKey := x.requiring[s.namespace]
	if byKey[key] == nil {
		byKey[key] = map[string][]*Selector[T]{}
	}
	for _, v := range values {
		byKey[key][v] = append(byKey[key][v], s)
	}
}

// Remove takes a selector out.
func (x *Selectors[T]) Remove(s *Selector[T]) {
	key, values, selectable := first(s.selector)
	if !selectable {
		return
	}
	byKey := x.requiring[s.namespace]
	for _, v := range values {
		list := slices.DeleteFunc(byKey[key][v], func(other *Selector[T]) bool { return other == s })
		if byKey[key][v] = list; len(list) == 0 {
			delete(byKey[key], v)
		}
	}
	if len(byKey[key]) == 0 {
		delete(byKey, key)
	}
}

// first is the first label that a selector requires, with the values of which one
// will do. It is the zero label when the selector requires none; selectable is false
// when it matches nothing.
func first(selector labels.Selector) (key string, values []string, selectable bool) {
	requirements, selectable := selector.Requirements()
	for _, r := range requirements {
		if values := required(r); values != nil {
			return r.Key(), values, selectable
		}
	}
	return "", []string{""}, selectable
}

// Matching is what the selectors stand for that match a thing of a namespace, in the
// order they came. It takes time for the labels of the thing, or for the labels that
// selectors require, whichever are fewer, and for the selectors that require a
// label of it.
func (x *Selectors[T]) Matching(namespace string, set labels.Set) (list []T) {
	byKey := x.requiring[namespace]
	if len(byKey) == 0 {
		return nil
	}
	var found []*Selector[T]
	add := func(candidates []*Selector[T]) {
		for _, s := range candidates {
			if s.selector.Matches(set) {
				found = append(found, s)
			}
		}
	}
	add(byKey[""][""])
	if len(set) < len(byKey) {
		for k, v := range set {
			add(byKey[k][v])
		}
	} else {
		for k, byValue := range byKey {
			if v, has := set[k]; has {
				add(byValue[v])
			}
		}
	}
	slices.SortFunc(found, func(a, b *Selector[T]) int { return cmp.Compare(a.came, b.came) })
	for _, s := range found {
		list = append(list, s.value)
	}
	return list
}
