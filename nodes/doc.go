// Package nodes is the machines: a catalogue of instance types, what a
// provider's nodes leave for pods (allocatable), pools of equal machines as
// Node objects, and Node objects from a cluster.
package nodes
