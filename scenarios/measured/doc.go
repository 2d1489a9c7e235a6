// Package measured reads what Prometheus measured: rates of requests, and values of
// metrics, over time.
package measured
