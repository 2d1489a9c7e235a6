// Package load is the requests: when they arrive, how a Service sends them to
// an endpoint (service.go), how a container works on them (server.go), and
// what became of each (ledger.go).
//
// Requests arrive in an open loop of some rate (rate.go, piecewise.go,
// shapes.go) by some process (arrivals.go, gap.go, renewal.go, mmpp.go, all of
// which invert the rate's integral, inverse.go), in a closed loop of users
// (users.go), or as they were recorded (replay.go; package trace reads files).
//
// A request is an object that goes through one chain of events: arrival,
// choice of an endpoint, queue, service, and exactly one end: good, or failed
// for one named cause.
package load
