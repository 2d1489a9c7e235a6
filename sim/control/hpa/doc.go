// Package hpa decides as the HorizontalPodAutoscaler controller of Kubernetes
// 1.37 does (pkg/controller/podautoscaler). Upstream reads the wall clock and
// keeps its memory in maps behind locks; here the instant and the memory are
// arguments. That both decide alike is tested with upstream's own controller in
// virtual time.
package hpa
