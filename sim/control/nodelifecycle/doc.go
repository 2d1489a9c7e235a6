// Package nodelifecycle decides what becomes of a node that falls silent and
// of its pods, as Kubernetes 1.37 does: when its conditions turn Unknown and
// which taints it gets at what rate (pkg/controller/nodelifecycle), when its
// pods are evicted for those taints (pkg/controller/tainteviction), and which
// pods are removed without anybody's consent (pkg/controller/podgc).
//
// Each controller is a value with the state that the real one keeps in memory.
// Its methods take what it sees and the time, and return actions. Objects in
// views are read-only. The API server is taken to answer at once and to accept
// everything; retries are not modelled.
package nodelifecycle
