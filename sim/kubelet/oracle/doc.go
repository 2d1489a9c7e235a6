// Package oracle lives random pods twice: in the kubelet's own code, and in the model
// of sim/kubelet. What both tell has to be the same, to the millisecond.
//
// The kubelet is put together from its own parts as its constructor does it, in a
// bubble of testing/synctest: its loop, pod workers, SyncPod and its like, the prober,
// kuberuntime, the PLEG, the status manager and the eviction manager. What is left out
// is what looks at a machine: cAdvisor, volumes, plug-ins, cgroups, the watcher of the
// kernel's log. Under it is a container runtime whose processes follow programs, above
// it an API server of one kind of object.
//
// Its tests need 693 packages more than all others, two minutes of a core to compile,
// and so have a build tag: go test -tags kubeletoracle ./sim/kubelet/oracle, as make test
// and make soak run it.
//
// Reading order: story_test.go (a random pod), runtime_test.go, server_test.go,
// kubelet_test.go and hidden_test.go (the kubelet), model_test.go, pair_test.go.
package oracle
