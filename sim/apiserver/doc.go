// Package apiserver is the API server of a simulated cluster: the one store
// through whose door everything goes that kubectl, the controllers, the
// scheduler and the kubelets write.
//
//	create ──▶ admission ──▶ strategy ─┐
//	update ────────────────▶ strategy ─┼─▶ store ──▶ watchers
//	status, delete ────────────────────┘
//
// A write is carried out when it is called: how long requests take and in which
// order they come is the business of sim/manager. Watchers are called inside the
// write, one after the other, in the order in which they were registered; how
// late a component learns of a change is its own queue's business.
//
// Objects are never changed in place: a pointer to an object shows what it was.
// Update and UpdateStatus take the object that the caller has seen. When another
// one is stored by then, the answer is a conflict. A write that changes nothing
// leaves the stored object as it is, and no watcher is told.
//
//   - store.go: objects of all kinds but pods, and who watches them
//   - pods.go, deletion.go: pods, their graceful deletion and finalizers
//   - strategy.go: what the server makes of objects that are sent
//   - answers.go: what it says when it refuses
//   - refusals.go: what it did not take; names.go: generated names
//   - scale.go: the scale subresource
//   - assumed.go: what nobody made and is taken to exist
package apiserver
