package result

import (
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Downtime answers: does it stay up?
type Downtime struct {
	// Requests counts those that ended, in all replications, at the Services
	// where the load comes in.
	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`
	// Late counts those that ended well, but later than wanted.
	Late int64 `json:"late"`
	// LongestOutage is the longest of any Service, null without one.
	LongestOutage *Outage `json:"longestOutage"`
	// Unfinished counts the rollouts that did not complete.
	UnfinishedRollouts int `json:"unfinishedRollouts"`
}

// Service is how a Service served, over all replications.
type Service struct {
	Workloads []string `json:"workloads"`
	// Entry is true when the load comes in here, External when this stands for
	// something outside the cluster.
	Entry    bool  `json:"entry"`
	External bool  `json:"external"`
	Arrived  int64 `json:"arrived"`
	OK       int64 `json:"ok"`
	Failed   int64 `json:"failed"`
	// Late counts those of OK that took longer than Objective says.
	Late int64 `json:"late"`
	// Objective is what the clients want, null when nobody said.
	Objective *record.Objective `json:"objective"`
	// FailedByCause has every cause, also those that did not occur.
	FailedByCause map[record.Cause]int64 `json:"failedByCause"`
	// Retries counts attempts after the first of a request.
	Retries int64 `json:"retries"`
	// Sessions is null when none was started.
	Sessions      *Sessions `json:"sessions"`
	InFlightAtEnd int64     `json:"inFlightAtEnd"`
	InFlightMax   int64     `json:"inFlightMax"`
	// Availability is of what ended, per replication. When nothing failed,
	// its interval is the exact one of a proportion.
	Availability stat.Summary `json:"availability"`
	Latency      Spread       `json:"latency"` // of what ended well
	// FirstToken and PerToken are the time to the first token of a model's
	// answers, and between tokens; their counts are 0 without a model.
	FirstToken   Spread       `json:"firstToken"`
	PerToken     Spread       `json:"perToken"`
	Outages      Outages      `json:"outages"`
	EndpointsMin stat.Summary `json:"endpointsMin"`
	ErrorBudget  Budget       `json:"errorBudget"`
	// Events is what each step of the timeline cost, in the order of time; last
	// what failed at other times.
	Events []EventCost `json:"events"`
}

// EventCost is the failures and late answers that followed a step of the timeline, over all
// replications. Event is empty for those that followed none.
type EventCost struct {
	At            sim.Time               `json:"t"`
	Event         string                 `json:"event"`
	Failed        int64                  `json:"failed"`
	FailedByCause map[record.Cause]int64 `json:"failedByCause"` // those that occurred
	Late          int64                  `json:"late"`
	SessionsLost  int64                  `json:"sessionsLost"`
	TurnsFailed   int64                  `json:"turnsFailed"`
	Replications  int                    `json:"replications"` // in which it cost something
}

// Sessions are those of the clients of a Service, over all replications.
type Sessions struct {
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	// Turns counts their requests that ended, TurnsFailed those of them that
	// failed.
	Turns       int64 `json:"turns"`
	TurnsFailed int64 `json:"turnsFailed"`
	// Lost counts the times that a request came to a container without its
	// session's state: the session went on with a new one.
	Lost        int64                         `json:"lost"`
	LostByCause map[record.SessionCause]int64 `json:"lostByCause"`
}

// Outages are the stretches in which requests failed and none ended well.
type Outages struct {
	Count   int          `json:"count"`   // in all replications
	Seconds stat.Summary `json:"seconds"` // in all, per replication
	Longest *Outage      `json:"longest"` // null without one
}

// Outage is one of them.
type Outage struct {
	Service     string   `json:"service"`
	Replication int      `json:"replication"`
	From        sim.Time `json:"from"`
	Seconds     sim.Time `json:"seconds"`
	Failed      int64    `json:"failed"`
	// Cause is the most frequent one.
	Cause record.Cause `json:"cause"`
}

// Budget is the error budget of an objective: how many of the requests that
// ended are Allowed to fail or to be late, and what part of them was Spent so.
type Budget struct {
	Objective float64    `json:"objective"`
	Allowed   float64    `json:"allowed"`
	Spent     stat.Value `json:"spent"`
}
