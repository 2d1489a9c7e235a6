// Package machine is the nodes of a simulated cluster with their kubelets: what
// runs on a node, whether it is there at all, and what the API hears of it.
//
//   - machines.go: the nodes, which join, fail, come back and go
//   - node.go: one of them, its lease, its memory pressure
//   - pod.go: a pod as its kubelet sees it; start.go: how it is taken up
//   - observer.go: what the kubelet tells the API, and how a pod ends
//   - pool.go, usage.go: what is requested and used, for the records
//
// A pod has two halves: apiserver.Pod is what the API shows, Pod is what runs.
package machine
