// Package manifest reads Kubernetes manifests as `kubectl apply` would: decoded
// strictly, defaulted and validated by upstream's own code, with the file and
// line of every fault.
//
// Reading order: source.go (files to documents), lines.go (field paths to
// lines), read.go (documents to objects), admit.go (decode, default, validate),
// owned.go (pods that controllers make anew), kinds.go (what is simulated and
// what is left out), set.go (changes from the command line).
package manifest
