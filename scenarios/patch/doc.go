// Package patch writes changes of --set as people and tools apply them to the real thing:
//
//   - json.go: JSON patches (RFC 6902), as kubectl patch and a kustomization take them
//   - edit.go: the same change in the text of a file, which keeps everything else of it
//   - diff.go: what changes in files, as a unified diff
package patch
