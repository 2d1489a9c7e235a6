package wire

import "reflect"

// Clone is a copy that shares no object of the language with w.
func (w *Workload) Clone() Workload {
	c := *w
	separate(reflect.ValueOf(&c).Elem())
	return c
}

// separate copies what the pointers of an object lead to.
func separate(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct && !IsScalar(v):
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(v.Elem())
		v.Set(c)
		separate(c.Elem())
	case v.Kind() == reflect.Struct && !IsScalar(v.Addr()):
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				separate(v.Field(i))
			}
		}
	}
}

// TakeFrom takes what w leaves out from another entry. What excludes each other, as a
// model's size and its loading time, is taken as a whole or not at all.
func (w *Workload) TakeFrom(other Workload) {
	from := other.Clone()
	if w.Model != nil {
		from.Model = nil
	}
	own, s := w.Service, from.Service
	if own != nil && s != nil && (own.Time != nil || own.Steps != nil || own.Model != nil) {
		s.Time, s.Steps, s.Model = nil, nil, nil
		if own.Steps != nil {
			s.CPU = nil // which steps have themselves
		}
	}
	Fill(reflect.ValueOf(w).Elem(), reflect.ValueOf(from), "", nil)
}

// Fill copies what is given in from and left out in to, member by member, and
// appends the paths of what it copied.
func Fill(to, from reflect.Value, path string, taken []string) []string {
	switch {
	case from.IsZero():
	case to.IsZero():
		to.Set(from)
		taken = append(taken, path)
	case to.Kind() == reflect.Pointer && to.Elem().Kind() == reflect.Struct && !IsScalar(to):
		return Fill(to.Elem(), from.Elem(), path, taken)
	case to.Kind() == reflect.Struct && !IsScalar(to.Addr()):
		for i := range to.NumField() {
			if to.Field(i).CanSet() {
				taken = Fill(to.Field(i), from.Field(i), join(path, to.Type().Field(i).Tag.Get("yaml")), taken)
			}
		}
	}
	return taken
}
