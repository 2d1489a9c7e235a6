package wire

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
	CustomKinds  []CustomKind  `yaml:"customKinds" doc:"kinds that Kubernetes does not have, whose pods are to be simulated all the same"`
	Manifests    []Manifest    `yaml:"manifests" doc:"Kubernetes manifests applied at the start: paths from this file on (files, folders, kustomizations, charts), objects, or {chart: PATH, values: [FILE]}"`
	Absent       []Absent      `yaml:"absent" doc:"Secrets and ConfigMaps that the cluster lacks; all others are taken to exist"`
	Workloads    []Workload    `yaml:"workloads" doc:"how containers behave; the first entry that matches a container holds"`
	Externals    []External    `yaml:"externals" doc:"what containers call outside the cluster: tools, APIs, databases"`
	Traffic      []Traffic     `yaml:"traffic" doc:"streams of requests to Services"`
	Queues       []Queue       `yaml:"queues" doc:"message queues outside the cluster whose messages pods pull"`
	Metrics      []Metric      `yaml:"metrics" doc:"custom and external metrics: measured in the simulation, or given"`
	Timeline     []Step        `yaml:"timeline" doc:"what is done to the cluster, and when"`
	Expect       []Expectation `yaml:"expect" doc:"what has to hold; it gives the verdict and the exit code"`
	Silence      []Silence     `yaml:"silence" doc:"findings that are wanted as they are: the report lists them apart"`
}

// CustomKind is a kind that nobody has written.
type CustomKind struct {
	Kind             string `yaml:"kind" required:"true" doc:"as its objects have it, such as LeaderWorkerSet"`
	APIVersion       string `yaml:"apiVersion" required:"true" doc:"as its objects have it, such as leaderworkerset.x-k8s.io/v1"`
	Template         string `yaml:"template" required:"true" doc:"path of a template of pods, or of what has the fields of a pod's spec: .spec.template, .spec.groups[0]"`
	Replicas         string `yaml:"replicas" doc:"path of the number of pods; one for each object when left out, or when an object leaves it out"`
	RestartsTogether bool   `yaml:"restartsTogether" doc:"all pods of an object are made anew when one of them restarts, fails or goes"`
}

// Manifest is a path to manifests, one object in place, or a chart with its values.
type Manifest struct {
	Path   string
	Inline *yaml.Node
	Chart  *Chart
	At     string // its field, for messages
}

// Chart is a Helm chart and what it is rendered with.
type Chart struct {
	Chart     string     `yaml:"chart" required:"true" doc:"folder of the chart, or its archive"`
	Release   string     `yaml:"release" doc:"name of the release; release-name when left out, as with helm template"`
	Namespace string     `yaml:"namespace" doc:"namespace of the release"`
	Values    []Manifest `yaml:"values" doc:"files of values, or values in place, one over the other"`
	SetValues []string   `yaml:"setValues" doc:"single values, as for helm --set: image.tag=v2"`
}

// Absent is an object that the cluster lacks.
type Absent struct {
	Kind      string `yaml:"kind" doc:"Secret or ConfigMap" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Name      string `yaml:"name" required:"true" doc:"name of the object"`
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

// Expectation bounds a metric; exactly one of the bounds is given.
type Expectation struct {
	Metric  string `yaml:"metric" required:"true" doc:"what is bounded, e.g. service.availability"`
	Of      string `yaml:"of" doc:"namespace/name of a Service, namespace/Kind/name of a workload, or a pool; all of them when left out"`
	AtLeast *Bound `yaml:"atLeast" doc:"lower bound: a number, 99.9%, 5m or 2Gi by the metric's unit"`
	AtMost  *Bound `yaml:"atMost" doc:"upper bound"`
	Equals  *Bound `yaml:"equals" doc:"the value itself"`
	Across  string `yaml:"across" doc:"every replication (the default) or their mean"`
}
