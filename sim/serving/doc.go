// Package serving is what the containers of a cluster do: the servers in them, and
// the way of requests to these.
//
//   - workload.go: how containers behave, as the scenario describes them
//   - serving.go: the servers, which machine starts and stops
//   - services.go: Services, by the rules that the proxies of the nodes have
//   - queues.go: message queues
package serving
