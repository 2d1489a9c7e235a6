package behaviour

import (
	"reflect"

	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// Complete takes what a behaviour leaves out, which is what is zero, from another one.
func Complete(b *kubelet.Behaviour, from kubelet.Behaviour) {
	if b.Model != (kubelet.Model{}) {
		from.Model = kubelet.Model{} // whose members exclude each other
	}
	complete(reflect.ValueOf(b).Elem(), reflect.ValueOf(from))
}

func complete(to, from reflect.Value) {
	for i := range to.NumField() {
		switch field := to.Field(i); {
		case field.Kind() == reflect.Struct:
			complete(field, from.Field(i))
		case field.IsZero():
			field.Set(from.Field(i))
		}
	}
}
