// Package render turns folders that describe manifests into manifests: Helm charts by
// Helm's own loader and engine, kustomizations by kustomize's own builder. It opens no
// connection, starts no process, reads no environment and nothing but what Files gives.
package render
