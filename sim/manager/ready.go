package manager

import (
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

// GotReady reports whether a write made a pod Ready.
func GotReady(c apiserver.PodChange) bool {
	return c.Old != nil && c.New != nil && !podutil.IsPodReady(c.Old) && podutil.IsPodReady(c.New)
}
