package manager

// Config is the flags of kube-controller-manager that say how many requests its
// controllers send and how many objects of a kind they work on at once.
//
// Sources: cmd/kube-controller-manager/app/options, and k8s.io/controller-manager
// options/generic.go for the client's limits.
type Config struct {
	// QPS is --kube-api-qps, requests per second of each client; negative for no
	// limit. Burst is --kube-api-burst, requests at once.
	QPS   float64
	Burst int
	Workers
}

// Workers are the --concurrent-…-syncs. A controller without workers does
// nothing.
type Workers struct {
	Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob int
	GC, ResourceQuota, TTLAfterFinished, Disruption              int
	HorizontalPodAutoscaler, ServiceEndpoint, EphemeralVolume    int
	ResourceClaim                                                int
}

// DefaultConfig has the defaults of Kubernetes 1.37
// (pkg/controller/apis/config/v1alpha1/defaults.go and
// pkg/controller/*/config/v1alpha1/defaults.go).
func DefaultConfig() Config {
	return Config{QPS: 20, Burst: 30, Workers: Workers{
		Deployment: 5, ReplicaSet: 5, StatefulSet: 5, DaemonSet: 2, Job: 5, CronJob: 5,
		GC: 20, ResourceQuota: 5, TTLAfterFinished: 5, Disruption: 1,
		HorizontalPodAutoscaler: 5, ServiceEndpoint: 5, EphemeralVolume: 5,
		ResourceClaim: 50,
	}}
}
