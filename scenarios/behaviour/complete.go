package behaviour

import (
	"reflect"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/kubelet/hooks"
)

// Complete takes what a behaviour leaves out, which is what is zero, from another one.
func Complete(b *kubelet.Behaviour, from kubelet.Behaviour) {
	if b.Model != (kubelet.Model{}) {
		from.Model = kubelet.Model{} // whose members exclude each other
	}
	if b.Hooks.PreStop.Timed() {
		from.Hooks.PreStop.Takes, from.Hooks.PreStop.Until = nil, hooks.Passed
	}
	if b.Hooks.PostStart.Timed() {
		from.Hooks.PostStart.Takes, from.Hooks.PostStart.Until = nil, hooks.Passed
	}
	wire.Fill(reflect.ValueOf(b).Elem(), reflect.ValueOf(from), "", nil)
}
