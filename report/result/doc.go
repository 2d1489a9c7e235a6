// Package result is the JSON interface of the product: the types of what a run
// says, how they are written and read, and their JSON Schema. It computes nothing.
//
// Reading guide: result.go has the whole, capacity.go, memory.go, service.go and
// workload.go its parts, objects.go how a person names an object of it.
package result
