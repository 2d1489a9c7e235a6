// Package resourceclaim decides as the resource claim controller of Kubernetes
// (pkg/controller/resourceclaim/controller.go): which claims of devices are made for a pod
// from templates, for whom a claim is reserved, and when it is released or deleted.
//
//   - pod.go: syncPod and what it has work for
//   - claim.go: syncClaim
package resourceclaim
