// Package load is the requests: when they arrive (rate.go, arrivals.go), how a
// Service sends them to an endpoint (service.go), how a container works on
// them (server.go), and what became of each (ledger.go).
//
// A request is an object that goes through one chain of events: arrival,
// choice of an endpoint, queue, service, and exactly one end: good, or failed
// for one named cause.
package load
