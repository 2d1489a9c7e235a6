// Package control holds what the deciders below it share. Each of its
// subpackages decides what one controller of kube-controller-manager would do:
// a pure function of a view of the cluster and the time, which returns actions
// in the order in which the controller would write them, and changes nothing
// itself. They follow Kubernetes 1.37; what upstream offers as a pure helper is
// called, what needs a clientset or the wall clock is modelled, function by
// function, under upstream's names.
//
// Here are the pod that the API server makes of what a controller sends
// (pod.go), what kubectl's verbs do to a template (template.go), the batches in
// which controllers create pods (slow_start.go) and checks of views (view.go).
package control
