package upstream

import (
	"regexp"
	"strings"
)

// anyPod stands in messages for the name of the pod that they are about.
const anyPod = "<pod>"

// OfAnyPod is a message about a pod without its name, by which those about pods that
// are alike are alike: a generic ephemeral volume's claim is called after its pod.
func OfAnyPod(message, pod string) string {
	_, name, _ := strings.Cut(pod, "/")
	if name == "" || !strings.Contains(message, "persistentvolumeclaim") {
		return message
	}
	return strings.ReplaceAll(message, name, anyPod)
}

// The messages of VolumeBinding about claims
// (pkg/scheduler/framework/plugins/volumebinding, volume_binding.go and binder.go).
const (
	ClaimsUnbound  = "pod has unbound immediate PersistentVolumeClaims"
	VolumeAway     = "node(s) didn't match PersistentVolume's node affinity"
	VolumesMissing = "node(s) didn't find available persistent volumes to bind"
	VolumesFull    = "node(s) exceed max volume count"
)

var claimMissing = regexp.MustCompile(`persistentvolumeclaim "([^"]+)" (not found|is being deleted)`)

// MissingClaim is the claim that a pod waits for and that is not there, or going.
func MissingClaim(message string) (name string, is bool) {
	if m := claimMissing.FindStringSubmatch(message); m != nil {
		return m[1], true
	}
	return "", false
}

// storageClassMissing is the API server's answer (pkg/apis/storage).
var storageClassMissing = regexp.MustCompile(`storageclass\.storage\.k8s\.io "([^"]+)" not found`)

// MissingStorageClass is the StorageClass that a claim names and that is not there.
func MissingStorageClass(message string) (name string, is bool) {
	if m := storageClassMissing.FindStringSubmatch(message); m != nil {
		return m[1], true
	}
	return "", false
}
