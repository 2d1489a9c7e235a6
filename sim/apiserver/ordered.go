package apiserver

import "iter"

// ordered keeps values by key and in the order they came, so that a walk over
// them is the same in every run. To add, find and remove one takes the same time
// however many there are.
type ordered[K comparable, T any] struct {
	byKey map[K]*slot[T]
	slots []*slot[T]
	gone  int // of the slots
}

type slot[T any] struct {
	value T
	gone  bool
}

func (o *ordered[K, T]) get(k K) (value T, known bool) {
	if s := o.byKey[k]; s != nil {
		return s.value, true
	}
	return value, false
}

// put keeps the place of a key that is known.
func (o *ordered[K, T]) put(k K, value T) {
	if s := o.byKey[k]; s != nil {
		s.value = value
		return
	}
	if o.byKey == nil {
		o.byKey = map[K]*slot[T]{}
	}
	s := &slot[T]{value: value}
	o.byKey[k] = s
	o.slots = append(o.slots, s)
}

func (o *ordered[K, T]) remove(k K) {
	s := o.byKey[k]
	if s == nil {
		return
	}
	delete(o.byKey, k)
	s.gone = true
	if o.gone++; o.gone > 16 && o.gone > len(o.slots)/2 {
		o.compact()
	}
}

// compact makes a new list, so that a walk under way goes on in the old one.
func (o *ordered[K, T]) compact() {
	kept := make([]*slot[T], 0, len(o.byKey)*3/2)
	for _, s := range o.slots {
		if !s.gone {
			kept = append(kept, s)
		}
	}
	o.slots, o.gone = kept, 0
}

func (o *ordered[K, T]) len() int {
	if o == nil {
		return 0
	}
	return len(o.byKey)
}

// each walks over the values that are there when the walk begins and have not
// gone when it comes to them.
func (o *ordered[K, T]) each() iter.Seq[T] {
	return func(yield func(T) bool) {
		if o == nil {
			return
		}
		for _, s := range o.slots {
			if !s.gone && !yield(s.value) {
				return
			}
		}
	}
}
