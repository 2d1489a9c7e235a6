// Package resourceclaim is the resource claim controller in a run
// (pkg/controller/resourceclaim), which decides by sim/control/resourceclaim:
//
//   - controller.go: which pods and claims are looked at, and when
//   - sync.go: its writes
//   - strategy.go: the API server's part
package resourceclaim
