// Package cluster is the one mutable world of a simulation: the objects the
// API server would hold, and the wiring between the deciders (sim/control) with
// their work queues and clients (sim/manager), the scheduler (sim/sched), the
// nodes (sim/kubelet), the requests (sim/load) and what is measured of them
// (sim/metricsserver, sim/prometheus).
//
// Reading order: spec.go (what goes in), world.go (the run as a table of
// contents), apply.go and steps.go (manifests and the timeline), deployments.go,
// replicasets.go and statefulsets.go (controllers), pods.go and node.go (a pod's
// way), scheduling.go, endpoints.go, node_life.go and lifecycle.go (machines that
// fail), usage.go (what is measured), header.go (what the records begin with, in
// the words of describe).
//
// Objects are replaced, never changed in place: the scheduler's cache holds
// the same pointers.
package cluster
