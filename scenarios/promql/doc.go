// Package promql reads the queries by which autoscalers ask Prometheus, with Prometheus'
// own parser, as far as the simulation can answer them: one metric, its rate or a quantile
// of its histogram, and how several series become one number.
package promql
