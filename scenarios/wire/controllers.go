package wire

// ControllerManager is flags of kube-controller-manager, by their names.
type ControllerManager struct {
	QPS                  *float64 `yaml:"kube-api-qps" doc:"requests a second of each controller's client; 20 when left out, negative for no limit"`
	Burst                *int     `yaml:"kube-api-burst" doc:"requests that each may send at once; 30 when left out"`
	DeploymentSyncs      *int     `yaml:"concurrent-deployment-syncs" doc:"Deployments that are worked on at once; 5 when left out"`
	ReplicaSetSyncs      *int     `yaml:"concurrent-replicaset-syncs" doc:"ReplicaSets; 5 when left out"`
	StatefulSetSyncs     *int     `yaml:"concurrent-statefulset-syncs" doc:"StatefulSets; 5 when left out"`
	DaemonSetSyncs       *int     `yaml:"concurrent-daemonset-syncs" doc:"DaemonSets; 2 when left out"`
	JobSyncs             *int     `yaml:"concurrent-job-syncs" doc:"Jobs; 5 when left out"`
	CronJobSyncs         *int     `yaml:"concurrent-cron-job-syncs" doc:"CronJobs; 5 when left out"`
	GCSyncs              *int     `yaml:"concurrent-gc-syncs" doc:"objects that the garbage collector works on at once; 20 when left out"`
	ResourceQuotaSyncs   *int     `yaml:"concurrent-resource-quota-syncs" doc:"ResourceQuotas; 5 when left out"`
	TTLSyncs             *int     `yaml:"concurrent-ttl-after-finished-syncs" doc:"finished Jobs whose time to live is over; 5 when left out"`
	ServiceEndpointSyncs *int     `yaml:"concurrent-service-endpoint-syncs" doc:"Services whose EndpointSlices are worked on at once; 5 when left out"`
	DisruptionSyncs      *int     `yaml:"concurrent-disruption-syncs" doc:"PodDisruptionBudgets; 1 when left out"`
	AutoscalerSyncs      *int     `yaml:"concurrent-horizontal-pod-autoscaler-syncs" doc:"HorizontalPodAutoscalers; 5 when left out"`

	SyncPeriod              *Duration `yaml:"horizontal-pod-autoscaler-sync-period" doc:"15s when left out"`
	DownscaleStabilization  *Duration `yaml:"horizontal-pod-autoscaler-downscale-stabilization" doc:"5m when left out"`
	CPUInitializationPeriod *Duration `yaml:"horizontal-pod-autoscaler-cpu-initialization-period" doc:"5m when left out"`
	InitialReadinessDelay   *Duration `yaml:"horizontal-pod-autoscaler-initial-readiness-delay" doc:"30s when left out"`
	Tolerance               *float64  `yaml:"horizontal-pod-autoscaler-tolerance" doc:"0.1 when left out"`

	QuotaSyncPeriod *Duration `yaml:"resource-quota-sync-period" doc:"how often all ResourceQuotas are counted anew; 5m when left out"`

	EndpointsBatch *Duration `yaml:"endpointslice-updates-batch-period" doc:"how long changes of pods wait for others before EndpointSlices are written; 0s when left out"`

	TerminatedPodGCThreshold *int `yaml:"terminated-pod-gc-threshold" doc:"how many pods that have ended may stay; beyond it the oldest are deleted; 12500 when left out, 0 for no limit"`

	NodeMonitorPeriod         *Duration `yaml:"node-monitor-period" doc:"5s when left out"`
	NodeMonitorGracePeriod    *Duration `yaml:"node-monitor-grace-period" doc:"how long a node may be silent before it is NotReady; 50s when left out"`
	NodeStartupGracePeriod    *Duration `yaml:"node-startup-grace-period" doc:"1m when left out"`
	NodeEvictionRate          *float64  `yaml:"node-eviction-rate" doc:"nodes of a zone whose pods are evicted, per second; 0.1 when left out"`
	SecondaryNodeEvictionRate *float64  `yaml:"secondary-node-eviction-rate" doc:"the same in an unhealthy large zone; 0.01 when left out"`
	UnhealthyZoneThreshold    *float64  `yaml:"unhealthy-zone-threshold" doc:"share of NotReady nodes that makes a zone unhealthy; 0.55 when left out"`
	LargeClusterSizeThreshold *int      `yaml:"large-cluster-size-threshold" doc:"nodes that a zone must exceed to be large; 50 when left out"`
}
