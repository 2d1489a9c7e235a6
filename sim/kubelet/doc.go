// Package kubelet is a pod's life on its node: image pull, init containers
// and sidecars, process start and model load, probes, memory against its
// limit, restarts with back-off, and termination.
//
// Reading order: host.go (the node), pod.go (what is started when, and what
// the pod's conditions are), container.go (one process after the other),
// probe.go, memory.go, hook.go, termination.go. In rooms of their own: pulls (images), starts
// (how those that start share the node), hooks (what hooks do).
//
// What upstream reads from the wall clock is a function of virtual time here.
// Followed, of k8s.io/kubernetes v1.37.2: pkg/kubelet/prober/worker.go and
// prober_manager.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go
// (computePodActions, doBackOff) and kuberuntime_container.go (killContainer),
// pkg/kubelet/pleg/generic.go, pkg/kubelet/status/generate.go,
// pkg/kubelet/pod_workers.go (completeWork, of a configuration that fails).
package kubelet
