package selection

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// Index is things by their labels. The zero value is empty.
type Index[T any] struct {
	places map[place]*bucket[T]
	came   int
}

// Entry is a thing in an Index.
type Entry[T any] struct {
	value     T
	namespace string
	labels    labels.Set
	came      int
	slots     map[place]*slot[T]
}

// bucket is the entries with a label, in the order they got it.
type bucket[T any] struct {
	slots []*slot[T]
	gone  int // of the slots
}

type slot[T any] struct{ entry *Entry[T] } // nil when it has left

// Add takes in a thing.
func (x *Index[T]) Add(namespace string, set labels.Set, value T) *Entry[T] {
	if x.places == nil {
		x.places = map[place]*bucket[T]{}
	}
	x.came++
	e := &Entry[T]{value: value, namespace: namespace, labels: set, came: x.came,
		slots: make(map[place]*slot[T], len(set)+1)}
	x.enter(e, place{namespace: namespace})
	for k, v := range set {
		x.enter(e, place{namespace, k, v})
	}
	return e
}

// Relabel gives a thing other labels. It keeps its turn.
func (x *Index[T]) Relabel(e *Entry[T], set labels.Set) {
	for k, v := range e.labels {
		if now, has := set[k]; !has || now != v {
			x.leave(e, place{e.namespace, k, v})
		}
	}
	for k, v := range set {
		if before, had := e.labels[k]; !had || before != v {
			x.enter(e, place{e.namespace, k, v})
		}
	}
	e.labels = set
}

// Remove takes a thing out.
func (x *Index[T]) Remove(e *Entry[T]) {
	for p := range e.slots {
		x.leave(e, p)
	}
}

func (x *Index[T]) enter(e *Entry[T], p place) {
	if x.places[p] == nil {
		x.places[p] = &bucket[T]{}
	}
	s := &slot[T]{e}
	e.slots[p] = s
	x.places[p].slots = append(x.places[p].slots, s)
}

func (x *Index[T]) leave(e *Entry[T], p place) {
	b := x.places[p]
	e.slots[p].entry = nil
	delete(e.slots, p)
	if b.gone++; b.gone == len(b.slots) {
		delete(x.places, p)
	} else if b.gone > 16 && b.gone > len(b.slots)/2 {
		b.slots = slices.DeleteFunc(b.slots, func(s *slot[T]) bool { return s.entry == nil })
		b.gone = 0
	}
}

func (b *bucket[T]) len() int {
	if b == nil {
		return 0
	}
	return len(b.slots) - b.gone
}

// Matching are the things of a namespace that a selector matches, in the order they
// came. It takes time for the things with the rarest label that the selector
// requires.
func (x *Index[T]) Matching(namespace string, selector labels.Selector) (list []T) {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return nil
	}
	var found []*Entry[T]
	for _, p := range x.rarest(namespace, requirements) {
		b := x.places[p]
		if b == nil {
			continue
		}
		for _, s := range b.slots {
			if s.entry != nil && selector.Matches(s.entry.labels) {
				found = append(found, s.entry)
			}
		}
	}
	byTurn := func(a, b *Entry[T]) int { return cmp.Compare(a.came, b.came) }
	if !slices.IsSortedFunc(found, byTurn) {
		slices.SortFunc(found, byTurn)
	}
	if len(found) > 0 {
		list = make([]T, len(found))
	}
	for i, e := range found {
		list[i] = e.value
	}
	return list
}

// rarest are the places at which all that meets the requirements is found, with the
// fewest things.
func (x *Index[T]) rarest(namespace string, requirements labels.Requirements) []place {
	best := []place{{namespace: namespace}}
	fewest := x.places[best[0]].len()
	for _, r := range requirements {
		values := required(r)
		if values == nil {
			continue
		}
		count, at := 0, make([]place, len(values))
		for i, v := range values {
			at[i] = place{namespace, r.Key(), v}
			count += x.places[at[i]].len()
		}
		if count < fewest {
			best, fewest = at, count
		}
	}
	return best
}
