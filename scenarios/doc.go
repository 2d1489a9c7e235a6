// Package scenarios is the way from files to the engine's Spec. It is a facade
// over its rooms:
//
//   - wire: the scenario language as Go types, read strictly, with the line of
//     every fault; --set; the JSON Schema
//   - manifest: Kubernetes manifests, decoded, defaulted and validated by upstream's code
//   - build: from both to a cluster.Spec, and what is assumed when nobody said
//   - gallery: the shipped scenarios
package scenarios
