// Package objects finds the objects of the manifests that were read: by name, by what
// people write for it, and the pods that they make by labels.
package objects
