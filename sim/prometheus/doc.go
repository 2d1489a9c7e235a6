// Package prometheus is what Prometheus makes of the samples that it scrapes:
// series with staleness (series.go), rate (rate.go) and histogram_quantile
// (quantile.go), in the formulas of promql/functions.go and promql/quantile.go.
//
// It knows neither the loop nor what is scraped.
package prometheus
