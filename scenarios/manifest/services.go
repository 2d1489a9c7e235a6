package manifest

import "k8s.io/kubernetes/pkg/apis/core"

// normalizeClusterIPs fills in the plural that most manifests leave out, as the
// API server does on creation (pkg/registry/core/service/storage/storage.go).
func normalizeClusterIPs(s *core.Service) {
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
}
