// Package control holds what the deciders below it share. Each of its
// subpackages decides what one controller of kube-controller-manager would do:
//
//	(view of the cluster, now) ──▶ actions, in the order of the controller's writes
//
// A decider is a pure function and changes nothing. Queues, clients and writes are
// those of sim/manager and the packages below it.
//
// The deciders follow Kubernetes 1.37. Upstream's pure helpers are called. What
// needs a clientset or the wall clock is modelled, function by function, under
// upstream's names.
//
// Here are the pod that the API server makes of what a controller sends (pod.go),
// names of revisions (revision.go), what kubectl's verbs do to a template
// (template.go), the batches in which controllers create pods (slow_start.go) and
// faults of views (faults.go).
package control
