// Package metrics is what the monitoring of a cluster knows: metrics-server of
// CPU and memory, and Prometheus with its adapter of custom and external metrics.
// It answers for the three metrics APIs, as old as a real one would be.
//
//	containers ──▶ cAdvisor ──▶ metrics-server ──▶ resource metrics API
//	containers, Services, queues ──▶ Prometheus ──▶ adapter ──▶ custom and external metrics APIs
//	steps of the scenario, files over time ──▶ custom and external metrics APIs
//
// The files:
//
//   - spec.go: which metrics there are
//   - apis.go: the whole, and what it is told
//   - use.go: metrics-server
//   - scrape.go, read.go, query.go: Prometheus and its adapter
//   - asked.go: the answers to an autoscaler
package metrics
