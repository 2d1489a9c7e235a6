// Package record defines what a run leaves behind: typed records, one a line
// of JSON. The report is computed from records alone, so whatever a report
// shows must be derivable from what is declared here.
//
// A stream starts with one Run record. The records of replication 0 follow in
// the order they were made, then those of replication 1, and so on; each
// replication closes with an End record.
package record

import "github.com/kube-rehearse/rehearse/sim"

// Schema names the version of the record stream.
const Schema = "rehearse.dev/records/v1alpha1"

// Record is one entry of the stream.
type Record interface {
	// Kind is the value of the "kind" member of the JSON form.
	Kind() string
}

// Sink takes the records of one replication in order.
type Sink interface {
	Write(Record) error
}

// At is where and when a record was made. Replication counts from 0.
type At struct {
	Replication int      `json:"rep"`
	T           sim.Time `json:"t"`
}

// When returns the place of the record, for readers that sort or filter.
func (a At) When() At { return a }

// Resources are amounts of a pod, container or node: CPU in cores, Memory in
// bytes, GPU in whole devices of nvidia.com/gpu, Pods a count, Storage ephemeral
// storage in bytes. Extended holds further extended resources by name.
type Resources struct {
	CPU      float64            `json:"cpu,omitempty"`
	Memory   int64              `json:"memory,omitempty"`
	GPU      int64              `json:"gpu,omitempty"`
	Pods     int64              `json:"pods,omitempty"`
	Storage  int64              `json:"storage,omitempty"`
	Extended map[string]float64 `json:"extended,omitempty"`
}

// Run heads the stream: what was run.
type Run struct {
	Schema       string             `json:"schema"`
	Scenario     string             `json:"scenario"`
	Description  string             `json:"description,omitempty"`
	Seed         uint64             `json:"seed"`
	Replications int                `json:"replications"`
	Duration     sim.Time           `json:"duration"`
	Nodes        []Node             `json:"nodes"`
	Workloads    []Workload         `json:"workloads"`
	Services     []Service          `json:"services"`
	Budgets      []DisruptionBudget `json:"budgets,omitempty"`
	Expectations []Expectation      `json:"expectations,omitempty"`
	Assumptions  []string           `json:"assumptions,omitempty"`
	Guesses      []Guess            `json:"guesses,omitempty"`
	Ignored      []Ignored          `json:"ignored,omitempty"`
	Silences     []Silence          `json:"silences,omitempty"`
}

// Node is a machine that is there at time 0, or joins later.
type Node struct {
	Name         string    `json:"name"`
	Pool         string    `json:"pool"`
	InstanceType string    `json:"instanceType,omitempty"`
	USDPerHour   float64   `json:"usdPerHour,omitempty"`
	Allocatable  Resources `json:"allocatable"`
	Joins        sim.Time  `json:"joins,omitempty"`
}

// Workload is a controller of pods, or a bare Pod, as declared at time 0. Key
// is "namespace/Kind/name" and is what other records name it by.
type Workload struct {
	Key        string      `json:"key"`
	Replicas   int32       `json:"replicas"`
	Strategy   Strategy    `json:"strategy,omitzero"`
	Containers []Container `json:"containers"`
	// InitContainers are those whose requests count for the pod's.
	InitContainers []Container `json:"initContainers,omitempty"`
	// Readiness says whether any container has a readiness probe.
	Readiness bool `json:"readiness"`
	// AlsoSelects are the keys of other workloads whose pods its selector matches.
	AlsoSelects []string `json:"alsoSelects,omitempty"`
	// Spread are the topologySpreadConstraints of its pods that count these alone.
	Spread []Spread `json:"spread,omitempty"`
}

// Spread is a topologySpreadConstraint. Domains are those of the nodes that its pods may go
// to, by node.
type Spread struct {
	Key     string            `json:"key"` // topologyKey
	MaxSkew int32             `json:"maxSkew"`
	Hard    bool              `json:"hard,omitempty"`   // DoNotSchedule
	ByHash  bool              `json:"byHash,omitempty"` // it counts each revision by itself (matchLabelKeys)
	Domains map[string]string `json:"domains"`
}

// Container is what a container of a workload asks for. An absent limit is 0.
type Container struct {
	Name     string    `json:"name"`
	Image    string    `json:"image"`
	Requests Resources `json:"requests"`
	Limits   Resources `json:"limits"`
	// StartBudget is after which time its startup probe, or else its liveness probe,
	// kills it when it does not listen; StartProbe is which. 0 is never.
	StartBudget sim.Time `json:"startBudget,omitempty"`
	StartProbe  string   `json:"startProbe,omitempty"`
	// Sidecar is an init container that runs beside the others.
	Sidecar bool `json:"sidecar,omitempty"`
}

// DisruptionBudget is a PodDisruptionBudget at time 0: Expected are
// the pods that it selects, and Allows how many may be evicted while all are
// healthy.
type DisruptionBudget struct {
	Key       string     `json:"key"`
	Rule      BudgetRule `json:"rule"`
	Workloads []string   `json:"workloads,omitempty"`
	Expected  int32      `json:"expected"`
	Allows    int32      `json:"allows"`
}

// BudgetState is a PodDisruptionBudget at the end of a replication, or when it
// was deleted: Expected are the pods that its controller counts then, Healthy
// those of them that are. Changes are the rules that steps of the timeline gave
// it.
type BudgetState struct {
	At
	DisruptionBudget
	Healthy int32          `json:"healthy"`
	Changes []BudgetChange `json:"changes,omitempty"`
	Deleted bool           `json:"deleted,omitempty"`
}

// BudgetChange is the rule of a PodDisruptionBudget from T on.
type BudgetChange struct {
	T    sim.Time   `json:"t"`
	Rule BudgetRule `json:"rule"`
}

// Kind implements Record.
func (BudgetState) Kind() string { return "budget-state" }

// Service is a Service that takes traffic. Key is "namespace/name".
type Service struct {
	Key       string   `json:"key"`
	Workloads []string `json:"workloads,omitempty"` // keys of those its selector matches at time 0
	// Entry is true when the load comes in here, External when it stands for
	// something outside the cluster that containers call. All others are called
	// by containers alone.
	Entry    bool `json:"entry,omitempty"`
	External bool `json:"external,omitempty"`
	// Objective is what the clients want; nil when nobody said.
	Objective *Objective `json:"objective,omitempty"`
}

// Objective is a service level objective: Share of the requests are to be
// answered well and within Latency; 0 is not given.
type Objective struct {
	Latency sim.Time `json:"latency,omitempty"`
	Share   float64  `json:"share,omitempty"`
}

// Ignored is an object among the manifests that the simulation leaves out, or a
// field of one.
type Ignored struct {
	Object string `json:"object"` // "Kind namespace/name"
	Source string `json:"source"` // file:line
	// Field is what is left out of the object, such as
	// spec.template.spec.resourceClaims; "" for all of it.
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	// Unsimulated says that a real cluster acts on it.
	Unsimulated bool `json:"unsimulated,omitempty"`
}
