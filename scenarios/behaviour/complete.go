package behaviour

import (
	"reflect"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// Complete takes what a behaviour leaves out, which is what is zero, from another one.
func Complete(b *kubelet.Behaviour, from kubelet.Behaviour) {
	if b.Model != (kubelet.Model{}) {
		from.Model = kubelet.Model{} // whose members exclude each other
	}
	wire.Fill(reflect.ValueOf(b).Elem(), reflect.ValueOf(from), "", nil)
}
