package wire

// Cluster is the machines and the control plane.
type Cluster struct {
	Pools               []Pool            `yaml:"pools" doc:"pools of equal machines"`
	Nodes               []Manifest        `yaml:"nodes" doc:"Node objects, as kubectl get nodes -o yaml prints them"`
	Scheduler           *Manifest         `yaml:"scheduler" doc:"a KubeSchedulerConfiguration: a path, or the object"`
	ControllerManager   ControllerManager `yaml:"kubeControllerManager" doc:"flags of kube-controller-manager"`
	MetricsServer       MetricsServer     `yaml:"metricsServer" doc:"where autoscalers get CPU and memory from"`
	Prometheus          PrometheusServer  `yaml:"prometheus" doc:"what scrapes custom and external metrics"`
	PrometheusAdapter   PrometheusAdapter `yaml:"prometheusAdapter" doc:"what autoscalers ask for them"`
	Kubelet             Kubelet           `yaml:"kubelet" doc:"settings of the kubelets (KubeletConfiguration)"`
	Runtime             Runtime           `yaml:"runtime" doc:"how long the nodes' container runtime takes"`
	Storage             Storage           `yaml:"storage" doc:"StorageClasses, and how long drivers of volumes take"`
	Devices             Devices           `yaml:"devices" doc:"who hands out GPUs, and how long that takes"`
	Latencies           Latencies         `yaml:"latencies" doc:"delays of the control plane"`
	ImageBandwidth      *SizeRate         `yaml:"imageBandwidth" doc:"how fast a node pulls images; 100Mi/s when left out"`
	SerializeImagePulls *bool             `yaml:"serializeImagePulls" doc:"the kubelet's setting: one image at a time per node; true when left out"`
}

// Pool is a number of equal machines.
type Pool struct {
	Name         string              `yaml:"name" doc:"name of the pool" required:"true"`
	Count        *int                `yaml:"count" doc:"number of machines; 1 when left out, 0 for a pool that nodeAdd fills"`
	InstanceType string              `yaml:"instanceType" doc:"a type of the catalogue, e.g. aws/g5.xlarge"`
	Capacity     map[string]Quantity `yaml:"capacity" doc:"resources of the whole machine, for machines that are not in the catalogue"`
	Allocatable  map[string]Quantity `yaml:"allocatable" doc:"resources left for pods; the provider's formula, or the capacity, when left out"`
	Labels       map[string]string   `yaml:"labels" doc:"labels of the nodes"`
	Taints       []Taint             `yaml:"taints" doc:"taints of the nodes"`
	GPUSharing   GPUSharing          `yaml:"gpuSharing" doc:"how NVIDIA's device plugin shares GPUs"`
	Zones        []string            `yaml:"zones" doc:"zones that the nodes are dealt over in turn"`
}

// GPUSharing is how NVIDIA's device plugin shares GPUs; one of its members is
// given.
type GPUSharing struct {
	Replicas int            `yaml:"replicas" doc:"time-slicing: how often each GPU is advertised as nvidia.com/gpu"`
	MIG      map[string]int `yaml:"mig" doc:"slices of each GPU by profile, e.g. {1g.10gb: 7}: resources nvidia.com/mig-1g.10gb"`
}

// Taint is a node's taint.
type Taint struct {
	Key    string `yaml:"key" doc:"key of the taint" required:"true"`
	Value  string `yaml:"value" doc:"value of the taint"`
	Effect string `yaml:"effect" doc:"NoSchedule, PreferNoSchedule or NoExecute" required:"true"`
}

// Latencies are the delays of the control plane; a left-out one is the median
// of a real control plane.
type Latencies struct {
	Deployment    *Duration `yaml:"deployment" doc:"Deployment controller; 10ms"`
	ReplicaSet    *Duration `yaml:"replicaSet" doc:"ReplicaSet controller; 15ms"`
	StatefulSet   *Duration `yaml:"statefulSet" doc:"StatefulSet controller; 7ms"`
	Job           *Duration `yaml:"job" doc:"Job controller; 7ms, besides the second for which it waits for more changes of pods"`
	CronJob       *Duration `yaml:"cronJob" doc:"CronJob controller; 7ms"`
	DaemonSet     *Duration `yaml:"daemonSet" doc:"DaemonSet controller; 10ms"`
	Scheduler     *Duration `yaml:"scheduler" doc:"from a pod to its binding; 25ms"`
	Kubelet       *Duration `yaml:"kubelet" doc:"from a binding or a deletion to what the node does about it, on average: each time half of it to one and a half; 30ms"`
	Endpoints     *Duration `yaml:"endpoints" doc:"from a pod's change that comes alone to the EndpointSlice; 10ms"`
	ResourceQuota *Duration `yaml:"resourceQuota" doc:"from the end of a pod to the status of its ResourceQuotas; 15ms"`
	Disruption    *Duration `yaml:"disruption" doc:"from a pod to its PodDisruptionBudget; 10ms"`
	Autoscaler    *Duration `yaml:"autoscaler" doc:"what a sync of an autoscaler takes on top of its period; 40ms"`
	Proxy         *Duration `yaml:"proxy" doc:"from the EndpointSlice to the nodes' rules; 100ms"`
}

// Kubelet is settings of KubeletConfiguration.
type Kubelet struct {
	EvictionHard             map[string]Signal `yaml:"evictionHard" doc:"evict pods when less is left: memory.available, 100Mi when left out; nodefs.available and imagefs.available, of the one disk, 10% and never when left out; 0 for never"`
	PressureTransitionPeriod *Duration         `yaml:"evictionPressureTransitionPeriod" doc:"how long MemoryPressure and DiskPressure last at least; 5m when left out"`
	MaxParallelImagePulls    *int              `yaml:"maxParallelImagePulls" doc:"images pulled at a time where serializeImagePulls is false; no bound when left out"`
	CrashLoopBackOff         CrashLoopBackOff  `yaml:"crashLoopBackOff" doc:"how long containers that end wait to be started again"`
	ShutdownGracePeriod      *Duration         `yaml:"shutdownGracePeriod" doc:"how long a machine that nodeShutdown powers off waits for its pods; 0 when left out"`
	ShutdownCriticalPods     *Duration         `yaml:"shutdownGracePeriodCriticalPods" doc:"the part of it at the end that is for critical pods; 0 when left out"`
	SingleProcessOOMKill     *bool             `yaml:"singleProcessOOMKill" doc:"an OOM kill takes one process of a container, as with cgroup v1, not all; false when left out"`
}

// CrashLoopBackOff is the kubelet's setting of that name.
type CrashLoopBackOff struct {
	MaxContainerRestartPeriod *Duration `yaml:"maxContainerRestartPeriod" doc:"the longest wait; from 1s to 300s, 300s when left out"`
}

// Runtime is how long the container runtime takes; a left-out law is that of a real
// machine (docs/model.md).
type Runtime struct {
	Sandbox       *DurationDist `yaml:"sandbox" doc:"a new pod's sandbox and network"`
	Container     *DurationDist `yaml:"container" doc:"from there to a container's first process, of each container in turn"`
	StartsPerCore *float64      `yaml:"startsPerCore" doc:"how many of both a node does at full speed, by core; more share it; 0.6 when left out, 0 for no bound"`
	Started       *DurationDist `yaml:"started" doc:"from the first process until the runtime says that it runs"`
	Signal        *DurationDist `yaml:"signal" doc:"from the kubelet's stop until the process gets SIGTERM"`
	Exit          *DurationDist `yaml:"exit" doc:"from the end of a process until the runtime shows it"`
	StopSandbox   *DurationDist `yaml:"stopSandbox" doc:"taking down a pod's sandbox and network"`
	Cleanup       *DurationDist `yaml:"cleanup" doc:"taking down its volumes and cgroups"`
	Relist        *DurationDist `yaml:"relist" doc:"a look at one pod, which the kubelet asks for after a sync"`
	Status        *DurationDist `yaml:"status" doc:"from a status that the kubelet has found until the API server has it"`
}

// MetricsServer is the way of CPU and memory use to the autoscalers.
type MetricsServer struct {
	Resolution   *Duration `yaml:"metric-resolution" doc:"how often it scrapes the kubelets; 15s when left out; 0s gives the use of the instant"`
	Window       *Duration `yaml:"window" doc:"with metric-resolution 0s: the window that the metrics API gives with its values; 0s when left out"`
	Housekeeping *Duration `yaml:"housekeeping-interval" doc:"how often cAdvisor looks at a container; 10s when left out"`
}
