package scenarios

import "go.yaml.in/yaml/v3"

// APIVersion and Kind head every scenario file.
const (
	APIVersion = "rehearse.dev/v1alpha1"
	Kind       = "Scenario"
)

// Scenario is a scenario file. The doc tags are the descriptions of the JSON
// Schema.
type Scenario struct {
	APIVersion   string        `yaml:"apiVersion" doc:"rehearse.dev/v1alpha1" required:"true"`
	Kind         string        `yaml:"kind" doc:"Scenario" required:"true"`
	Name         string        `yaml:"name" doc:"name of the scenario; its file's name when left out"`
	Description  string        `yaml:"description" doc:"what story it tells, in one sentence"`
	Seed         *uint64       `yaml:"seed" doc:"seed of all random draws; 1 when left out"`
	Replications *int          `yaml:"replications" doc:"how many times it is played with different luck; 5 when left out"`
	Duration     *Duration     `yaml:"duration" doc:"simulated time of one replication; 1h when left out"`
	StartTime    *Instant      `yaml:"startTime" doc:"date and time of the wall clock at the start, which CronJobs go by; Monday 2026-01-05T00:00:00Z when left out"`
	Cluster      Cluster       `yaml:"cluster" doc:"the machines and the control plane"`
	Manifests    []Manifest    `yaml:"manifests" doc:"Kubernetes manifests applied at the start: paths from this file on, or objects"`
	Absent       []Absent      `yaml:"absent" doc:"Secrets and ConfigMaps that the cluster lacks; all others are taken to exist"`
	Workloads    []Workload    `yaml:"workloads" doc:"how containers behave; the first entry that matches a container holds"`
	Externals    []External    `yaml:"externals" doc:"what containers call outside the cluster: tools, APIs, databases"`
	Traffic      []Traffic     `yaml:"traffic" doc:"streams of requests to Services"`
	Queues       []Queue       `yaml:"queues" doc:"message queues outside the cluster whose messages pods pull"`
	Metrics      []Metric      `yaml:"metrics" doc:"custom and external metrics: measured in the simulation, or given"`
	Timeline     []Step        `yaml:"timeline" doc:"what is done to the cluster, and when"`
	Expect       []Expectation `yaml:"expect" doc:"what has to hold; it gives the verdict and the exit code"`
}

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
	Endpoints     *Duration `yaml:"endpoints" doc:"from a pod's change to the EndpointSlice; 35ms"`
	ResourceQuota *Duration `yaml:"resourceQuota" doc:"from the end of a pod to the status of its ResourceQuotas; 15ms"`
	Disruption    *Duration `yaml:"disruption" doc:"from a pod to its PodDisruptionBudget; 10ms"`
	Autoscaler    *Duration `yaml:"autoscaler" doc:"what a sync of an autoscaler takes on top of its period; 40ms"`
	Proxy         *Duration `yaml:"proxy" doc:"from the EndpointSlice to the nodes' rules; 100ms"`
}

// Kubelet is settings of KubeletConfiguration.
type Kubelet struct {
	EvictionHard             map[string]Quantity `yaml:"evictionHard" doc:"memory.available: evict pods when less is left; 100Mi when left out, 0 for never"`
	PressureTransitionPeriod *Duration           `yaml:"evictionPressureTransitionPeriod" doc:"how long MemoryPressure lasts at least; 5m when left out"`
}

// MetricsServer is the way of CPU and memory use to the autoscalers.
type MetricsServer struct {
	Resolution   *Duration `yaml:"metric-resolution" doc:"how often it scrapes the kubelets; 15s when left out; 0s gives the use of the instant"`
	Window       *Duration `yaml:"window" doc:"with metric-resolution 0s: the window that the metrics API gives with its values; 0s when left out"`
	Housekeeping *Duration `yaml:"housekeeping-interval" doc:"how often cAdvisor looks at a container; 10s when left out"`
}

// Manifest is a path to manifests, or one object in place.
type Manifest struct {
	Path   string
	Inline *yaml.Node
	at     string // its field, for messages
}

// Absent is an object that the cluster lacks.
type Absent struct {
	Kind      string `yaml:"kind" doc:"Secret or ConfigMap" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Name      string `yaml:"name" required:"true" doc:"name of the object"`
}

// Workload is how the containers of some pods behave.
type Workload struct {
	Target         string        `yaml:"target" doc:"Kind/name of the pods' controller, Pod/name for a bare pod, or * for all" required:"true"`
	Namespace      string        `yaml:"namespace" doc:"every namespace when left out"`
	Container      string        `yaml:"container" doc:"name of the container; every one when left out"`
	Indexes        string        `yaml:"indexes" doc:"of an Indexed Job, or one of a CronJob: completion indexes of the pods, e.g. 1,3-5; every one when left out"`
	Preset         string        `yaml:"preset" doc:"fastapi-agent, vllm or rag-worker: what is left out here is taken from there"`
	Image          Image         `yaml:"image" doc:"the image"`
	Start          *DurationDist `yaml:"start" doc:"from process start until the server listens, without the model"`
	Model          *Model        `yaml:"model" doc:"weights that are loaded before the server listens"`
	Memory         Memory        `yaml:"memory" doc:"working set: base + perRequest × requests in flight + leaks"`
	CPU            CPU           `yaml:"cpu" doc:"use without requests"`
	Runs           *DurationDist `yaml:"runs" doc:"how long the process works, after its start, before it ends by itself; for ever when left out"`
	FailureRate    *Share        `yaml:"failureRate" doc:"with runs or cpu.run: probability that the process fails; it then exits with exitCode, 1 when left out, else with 0"`
	ExitCode       int           `yaml:"exitCode" doc:"exit code of a process that ends by itself"`
	OnTerminate    string        `yaml:"onTerminate" doc:"at SIGTERM: drain (finish what is in flight, the default), exit, or ignore"`
	UnhealthyAfter *Duration     `yaml:"unhealthyAfter" doc:"health checks fail from this age of the process on"`
	Service        *Server       `yaml:"service" doc:"how it works on requests"`
}

// Image is a container image.
type Image struct {
	Size *Size `yaml:"size" doc:"compressed size; 0 is on every node already"`
}

// Model is the weights of a model.
type Model struct {
	Size      *Size         `yaml:"size" doc:"bytes to load"`
	Bandwidth *SizeRate     `yaml:"bandwidth" doc:"how fast they load, e.g. 320Mi/s"`
	Load      *DurationDist `yaml:"load" doc:"the whole loading time, instead of size and bandwidth"`
}

// Memory is the working set of a container.
type Memory struct {
	Base           *Size     `yaml:"base" doc:"after the start"`
	PerRequest     *Size     `yaml:"perRequest" doc:"for each request in flight"`
	Leak           *SizeRate `yaml:"leak" doc:"growth over time, e.g. 30Mi/h"`
	LeakPerRequest *Size     `yaml:"leakPerRequest" doc:"growth with each request served"`
	StartupPeak    *Size     `yaml:"startupPeak" doc:"on top of base until the server listens, e.g. weights on their way to the GPU"`
	Retain         *Share    `yaml:"retain" doc:"part of the most that requests and sessions have held that the allocator keeps; 0 when left out"`
	Cache          *Cache    `yaml:"cache" doc:"a cache that requests fill"`
	Bursts         *Bursts   `yaml:"bursts" doc:"allocations that come and go by themselves"`
}

// Cache is a cache that requests fill.
type Cache struct {
	PerRequest *Size `yaml:"perRequest" required:"true" doc:"what each request served leaves there"`
	Max        *Size `yaml:"max" required:"true" doc:"the most it holds"`
}

// Bursts are allocations that come and go by themselves.
type Bursts struct {
	Every *DurationDist `yaml:"every" required:"true" doc:"time from one to the next, e.g. exponential(10m)"`
	Size  *SizeDist     `yaml:"size" required:"true" doc:"bytes, e.g. lognormal(50Mi, 800Mi)"`
	Lasts *DurationDist `yaml:"lasts" required:"true" doc:"how long it is held"`
}

// CPU is what a container computes besides its requests.
type CPU struct {
	Idle         *Cores        `yaml:"idle" doc:"steady use without requests in cores, e.g. 20m"`
	Start        *DurationDist `yaml:"start" doc:"core-seconds that the start takes; with too little CPU it takes longer than start says"`
	StartThreads *int          `yaml:"startThreads" doc:"how many threads the start uses; 1 when left out"`
	Probe        *Duration     `yaml:"probe" doc:"core-seconds in which a probe is answered; at once when left out"`
	Run          *DurationDist `yaml:"run" doc:"core-seconds that the process computes before it ends by itself; with runs it ends when both have passed"`
	RunThreads   *int          `yaml:"runThreads" doc:"how many threads run uses; 1 when left out"`
	Threads      *int          `yaml:"threads" doc:"how many threads can run at the same time: 1 for Python's lock, or GOMAXPROCS; no limit when left out"`
}

// Server is how a container works on requests.
type Server struct {
	Time        *DurationDist `yaml:"time" doc:"service time of a request, without queueing; one of time and steps is given"`
	Steps       []WorkStep    `yaml:"steps" doc:"what a request does, one after the other"`
	Concurrency *int          `yaml:"concurrency" doc:"requests worked on at once; 0 is no limit; 32 when left out"`
	Queue       *int          `yaml:"queue" doc:"requests that may wait beyond that; -1 is no limit; 128 when left out"`
	CPU         *Cores        `yaml:"cpu" doc:"with time: cores that a request keeps busy on average when it gets all the CPU it wants"`
	Model       *ModelServer  `yaml:"llm" doc:"a model that answers prompts, as vLLM serves one"`
	Sessions    *SessionState `yaml:"sessions" doc:"what a container keeps of a session between its requests"`
}

// SessionState is what a container keeps of a session.
type SessionState struct {
	Memory  *Size     `yaml:"memory" doc:"of each session, from its first request in the container on"`
	PerTurn *Size     `yaml:"perTurn" doc:"more with each of its requests"`
	Timeout *Duration `yaml:"timeout" doc:"dropped after so long without a request; never when left out"`
}

// ModelServer is a model on GPUs, with vLLM's flags.
type ModelServer struct {
	Model                string   `yaml:"model" required:"true" doc:"llama-3.1-8b, llama-3.1-70b, llama-2-70b, qwen2.5-7b, mistral-7b or bloom-176b"`
	GPU                  string   `yaml:"gpu" required:"true" doc:"a100-80gb, h100-80gb, l40s, l4, a10g or t4; of a MIG slice with its profile, e.g. a100-80gb/3g.40gb"`
	TensorParallel       *int     `yaml:"tensor-parallel-size" doc:"GPUs that each layer is split over; those the container asks for when left out"`
	GPUMemoryUtilization *float64 `yaml:"gpu-memory-utilization" doc:"0.9 when left out"`
	MaxNumSeqs           *int     `yaml:"max-num-seqs" doc:"256 when left out"`
	MaxNumBatchedTokens  *int     `yaml:"max-num-batched-tokens" doc:"2048 when left out"`
	MaxModelLen          *int     `yaml:"max-model-len" doc:"what the cache holds when left out"`
	PrefixCaching        *bool    `yaml:"enable-prefix-caching" doc:"true when left out; in units of 512 tokens"`
}

// GenerateStep is a prompt to the container's model.
type GenerateStep struct {
	Input  *CountDist `yaml:"input" doc:"tokens of the prompt, when traffic says nothing"`
	Output *CountDist `yaml:"output" doc:"tokens of the answer, when traffic says nothing"`
}

// WorkStep is a step of what a request does; exactly one of cpu, wait, call,
// generate, repeat, chance is given.
type WorkStep struct {
	CPU      *DurationDist `yaml:"cpu" doc:"core-seconds of CPU"`
	Threads  *int          `yaml:"threads" doc:"with cpu: how many threads do it; 1 when left out"`
	Wait     *DurationDist `yaml:"wait" doc:"time without CPU"`
	Call     *CallStep     `yaml:"call" doc:"requests to another Service or an external, until all have ended"`
	Generate *GenerateStep `yaml:"generate" doc:"an answer of the container's model"`
	Repeat   *RepeatStep   `yaml:"repeat" doc:"steps that are done several times"`
	Chance   *ChanceStep   `yaml:"chance" doc:"steps that are done with a probability"`
}

// CallStep is requests to another Service or an external.
type CallStep struct {
	Service  string     `yaml:"service" doc:"namespace/name of a Service; one of service and external is given"`
	External string     `yaml:"external" doc:"name of one of externals"`
	Count    *CountDist `yaml:"count" doc:"how many are sent at the same time; 1 when left out"`
	Timeout  *Duration  `yaml:"timeout" doc:"how long one attempt may take; for ever when left out"`
	Retry    *Retry     `yaml:"retry" doc:"what happens when one fails; it fails when left out"`
	Balance  string     `yaml:"balance" doc:"random (the default), round-robin or least-request"`
	Optional bool       `yaml:"optional" doc:"go on when one fails; else the request fails, too"`
}

// RepeatStep is steps that are done several times.
type RepeatStep struct {
	Times *CountDist `yaml:"times" required:"true" doc:"how often, rounded"`
	Steps []WorkStep `yaml:"steps" required:"true" doc:"the steps"`
}

// ChanceStep is steps that are done with a probability.
type ChanceStep struct {
	Probability *Share     `yaml:"probability" required:"true" doc:"e.g. 20%"`
	Steps       []WorkStep `yaml:"steps" required:"true" doc:"the steps"`
}

// Retry is what a client does when a request fails.
type Retry struct {
	Attempts *int      `yaml:"attempts" required:"true" doc:"how often it tries again"`
	Base     *Duration `yaml:"base" doc:"wait before the first retry; 100ms when left out"`
	Max      *Duration `yaml:"max" doc:"longest wait; no bound when left out"`
	Factor   *float64  `yaml:"factor" doc:"by which the wait grows; 2 when left out"`
	Jitter   *Share    `yaml:"jitter" doc:"by how much the wait is shortened at random: 0 (the default) to 100%"`
}

// External is something outside the cluster that containers call.
type External struct {
	Name        string        `yaml:"name" required:"true" doc:"its name"`
	Time        *DurationDist `yaml:"time" required:"true" doc:"how long an answer takes"`
	FailureRate *Share        `yaml:"failureRate" doc:"probability that the answer is an error; 0 when left out"`
	RateLimit   *PerSecond    `yaml:"rateLimit" doc:"requests it admits per second; no limit when left out"`
	Burst       *int          `yaml:"burst" doc:"with rateLimit: how many it admits at once; a second's worth when left out"`
	Outages     []Outage      `yaml:"outages" doc:"when it refuses everything"`
}

// Outage is a stretch of time.
type Outage struct {
	At  *Duration `yaml:"at" required:"true" doc:"time from the start"`
	For *Duration `yaml:"for" required:"true" doc:"how long it lasts"`
}

// Step is one action; exactly one member but at is given.
type Step struct {
	At           *Duration     `yaml:"at" required:"true" doc:"time from the start"`
	Apply        []Manifest    `yaml:"apply" doc:"kubectl apply: paths or objects"`
	Delete       *Target       `yaml:"delete" doc:"kubectl delete"`
	Scale        *Scale        `yaml:"scale" doc:"kubectl scale"`
	SetImage     *SetImage     `yaml:"setImage" doc:"kubectl set image"`
	SetMetric    *SetMetric    `yaml:"setMetric" doc:"the value of a custom or external metric, from then on"`
	SetResources *SetResources `yaml:"setResources" doc:"kubectl set resources"`
	Rollout      *Rollout      `yaml:"rollout" doc:"kubectl rollout undo, restart, pause or resume"`
	Cordon       *NodeRef      `yaml:"cordon" doc:"kubectl cordon"`
	Drain        *Drain        `yaml:"drain" doc:"kubectl drain"`
	Uncordon     *NodeRef      `yaml:"uncordon" doc:"kubectl uncordon"`
	Taint        *NodeTaints   `yaml:"taint" doc:"kubectl taint nodes"`
	NodeFail     *NodeRef      `yaml:"nodeFail" doc:"the machine stops: its processes die, its kubelet is silent"`
	NodeRecover  *NodeRef      `yaml:"nodeRecover" doc:"a failed machine runs again"`
	NodeAdd      *NodeAdd      `yaml:"nodeAdd" doc:"machines join, Ready at once"`
	NodeRemove   *NodeRef      `yaml:"nodeRemove" doc:"the machine goes and its Node is deleted; its pods are not evicted first, see drain"`
	PodKill      *PodKill      `yaml:"podKill" doc:"kubectl delete pod --grace-period=0 --force"`
}

// NodeTaints is kubectl taint nodes.
type NodeTaints struct {
	Node   string   `yaml:"node" doc:"name of the node" required:"true"`
	Taints []string `yaml:"taints" doc:"key=value:Effect or key:Effect to put on, with a - at the end to take off; key- takes off all of the key" required:"true"`
}

// NodeAdd is machines that join: of a pool, or Node objects.
type NodeAdd struct {
	Pool  string     `yaml:"pool" doc:"a pool of the cluster, which gets more of its machines"`
	Count *int       `yaml:"count" doc:"how many; 1 when left out"`
	Nodes []Manifest `yaml:"nodes" doc:"Node objects, instead of pool: paths or objects"`
}

// PodKill deletes pods without grace.
type PodKill struct {
	Target    string `yaml:"target" doc:"Kind/name of a workload or Pod" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Count     *int   `yaml:"count" doc:"how many of the workload's pods, drawn at random; 1 when left out"`
}

// SetResources is kubectl set resources of one container.
type SetResources struct {
	Target    string              `yaml:"target" doc:"Kind/name of a Deployment, StatefulSet or DaemonSet" required:"true"`
	Namespace string              `yaml:"namespace" doc:"default when left out"`
	Container string              `yaml:"container" doc:"name of the container" required:"true"`
	Requests  map[string]Quantity `yaml:"requests" doc:"requests to set, e.g. {cpu: 500m}; others stay"`
	Limits    map[string]Quantity `yaml:"limits" doc:"limits to set; others stay"`
}

// SetMetric is the value of a custom or external metric.
type SetMetric struct {
	Name      string    `yaml:"name" doc:"name of the metric" required:"true"`
	Namespace string    `yaml:"namespace" doc:"default when left out"`
	Value     *Quantity `yaml:"value" doc:"the value, e.g. 120 or 500m" required:"true"`
}

// Drain is kubectl drain with its flags.
type Drain struct {
	Node               string    `yaml:"node" doc:"name of the node" required:"true"`
	Timeout            *Duration `yaml:"timeout" doc:"--timeout; for ever when left out"`
	Force              bool      `yaml:"force" doc:"--force: also pods without a controller"`
	DeleteEmptyDirData bool      `yaml:"deleteEmptyDirData" doc:"--delete-emptydir-data: also pods with emptyDir volumes"`
	IgnoreDaemonSets   bool      `yaml:"ignoreDaemonSets" doc:"--ignore-daemonsets: their pods stay; without it a node with such pods is not drained"`
}

// Target names an object.
type Target struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
}

// Scale sets the number of replicas.
type Scale struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Replicas  *int   `yaml:"replicas" required:"true" doc:"number of replicas"`
}

// SetImage sets the image of a container.
type SetImage struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Container string `yaml:"container" required:"true" doc:"name of the container"`
	Image     string `yaml:"image" required:"true" doc:"the new image"`
}

// Rollout is a verb of kubectl rollout.
type Rollout struct {
	Verb       string `yaml:"verb" required:"true" doc:"undo or restart; pause or resume of a Deployment"`
	Target     string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace  string `yaml:"namespace" doc:"default when left out"`
	ToRevision int    `yaml:"toRevision" doc:"for undo: the revision; the previous one when left out"`
}

// NodeRef names a node.
type NodeRef struct {
	Node string `yaml:"node" required:"true" doc:"name of the node"`
}

// Expectation bounds a metric; exactly one of the bounds is given.
type Expectation struct {
	Metric  string `yaml:"metric" required:"true" doc:"what is bounded, e.g. service.availability"`
	Of      string `yaml:"of" doc:"namespace/name of a Service, namespace/Kind/name of a workload, or a pool; all of them when left out"`
	AtLeast *Bound `yaml:"atLeast" doc:"lower bound: a number, 99.9%, 5m or 2Gi by the metric's unit"`
	AtMost  *Bound `yaml:"atMost" doc:"upper bound"`
	Equals  *Bound `yaml:"equals" doc:"the value itself"`
	Across  string `yaml:"across" doc:"every replication (the default) or their mean"`
}
