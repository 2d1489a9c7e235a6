// Package volumes completes a Spec by what a cluster has for volumes: the StorageClasses
// of its provider where nobody gives any, how long drivers take, and the labels that
// drivers give machines. A scenario without claims is left as it is.
//
// Reading order: complete.go, classes.go (the providers' classes), drivers.go.
package volumes
