// Package apiserver is the API server of a simulated cluster: the one store
// through whose door everything goes that kubectl, the controllers, the
// scheduler and the kubelets write.
//
//	create, update, delete ──▶ strategy ──▶ admission ──▶ store ──▶ watchers
//
// A write is carried out when it is called: how long requests take and in which
// order they come is the business of sim/manager. Watchers are called inside the
// write, one after the other, in the order in which they were registered; how
// late a component learns of a change is its own queue's business.
//
// Objects are never changed in place. Who holds an object holds what it was, and
// a write that gives an object which is no longer the stored one is a conflict.
//
//   - store.go: objects of all kinds but pods, and who watches them
//   - pods.go, deletion.go: pods, their graceful deletion and finalizers
//   - strategy.go, apply.go: what the server makes of objects, and kubectl apply
//   - refusals.go: what it did not take; names.go: generated names
//   - scale.go: the scale subresource
//   - claims.go, assumed.go: what nobody made and is taken to exist
package apiserver
