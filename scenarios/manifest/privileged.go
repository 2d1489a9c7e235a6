package manifest

import "k8s.io/kubernetes/pkg/capabilities"

// The API server refuses privileged pods unless it was started with --allow-privileged.
// The clusters that people have were: kubeadm writes the flag into the static pod
// (cmd/kubeadm/app/phases/controlplane/manifests.go), EKS, GKE and AKS set it, too.
func init() { capabilities.Setup(true, 0) }
