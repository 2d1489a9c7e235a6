// Package exports says which metrics of autoscalers the simulation measures, by the
// names that engines, ingresses and usual libraries give them.
package exports
