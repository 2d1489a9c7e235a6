// Package scenarios is the way from files to the engine's Spec. It is a facade
// over its rooms:
//
//   - wire: the scenario language as Go types, read strictly, with the line of
//     every fault; --set; the JSON Schema
//   - manifest: Kubernetes manifests, decoded, defaulted and validated by upstream's code
//   - ledger: what becomes of every field of these manifests
//   - objects: the objects that were read, by name and by labels
//   - recognise, callgraph, preset, guess: what runs in containers that nobody
//     described, who calls whom, and which numbers are guesses
//   - modelserver, measured: model servers and series of Prometheus as scenarios give them
//   - build: from all these to a cluster.Spec, and what is assumed when nobody said
//   - gallery: the shipped scenarios
package scenarios
