// Package written is what containers write to the disks of their machines: the volumes that
// a scenario names have to be there, and where a limit or a request shows that it matters,
// and nobody says how much is written, it is told that it is taken to be nothing.
package written

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Check holds that the volumes of an entry are emptyDir volumes on disk that its containers
// mount. Fault hears of a field of it.
func Check(x *objects.Index, of cluster.Workload, said *wire.Written,
	fault func(field, format string, arguments ...any)) {
	if said == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(said.EmptyDirs)) {
		mounted, memory, known := find(x, of, name)
		switch {
		case mounted && !memory:
		case memory:
			fault("emptyDirs."+name, "must be an emptyDir volume on disk, got one of medium Memory: what is written there "+
				"is memory of the container, and belongs into memory")
		case len(known) > 0:
			fault("emptyDirs."+name, "must be an emptyDir volume that the container mounts: %s, got %.60q",
				strings.Join(known, ", "), name)
		default:
			fault("emptyDirs."+name, "must be an emptyDir volume that the container mounts, of which it has none, got %.60q", name)
		}
	}
}

// find looks for a volume of the containers that an entry is for; known are those that they
// have.
func find(x *objects.Index, of cluster.Workload, name string) (mounted, memory bool, known []string) {
	for t := range x.EveryTemplate {
		for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
			if !of.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				continue
			}
			for _, v := range t.Spec.Volumes {
				mounts := slices.ContainsFunc(c.VolumeMounts, func(m v1.VolumeMount) bool { return m.Name == v.Name })
				if v.EmptyDir == nil || !mounts {
					continue
				}
				if onDisk := v.EmptyDir.Medium != v1.StorageMediumMemory; onDisk && !slices.Contains(known, v.Name) {
					known = append(known, v.Name)
				}
				if v.Name == name {
					mounted, memory = true, v.EmptyDir.Medium == v1.StorageMediumMemory
				}
			}
		}
	}
	return mounted, memory, known
}

// Assume states that a pod writes nothing where something shows that it does: a request or a
// limit of ephemeral storage, a size limit of a volume.
func Assume(t objects.Template, described []cluster.Workload, say func(format string, arguments ...any)) {
	var why []string
	options := resourcehelper.PodResourcesOptions{}
	pod := &v1.Pod{Spec: *t.Spec}
	if q, given := resourcehelper.PodRequests(pod, options)[v1.ResourceEphemeralStorage]; given && !q.IsZero() {
		why = append(why, "requests "+q.String()+" of ephemeral-storage")
	}
	if q, given := resourcehelper.PodLimits(pod, options)[v1.ResourceEphemeralStorage]; given && !q.IsZero() {
		why = append(why, "has a limit of "+q.String()+" of ephemeral-storage")
	}
	for _, v := range t.Spec.Volumes {
		if v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil && v.EmptyDir.Medium != v1.StorageMediumMemory {
			why = append(why, fmt.Sprintf("has a sizeLimit of %s of volume %s", v.EmptyDir.SizeLimit, v.Name))
		}
	}
	if len(why) == 0 {
		return
	}
	for _, c := range slices.Concat(t.Spec.InitContainers, t.Spec.Containers) {
		if slices.ContainsFunc(described, func(w cluster.Workload) bool {
			return w.Behaviour.Storage != nil && w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name)
		}) {
			return
		}
	}
	say("%s: it %s, and is taken to write nothing to its disk, so that it is not evicted for it; storage of its workload "+
		"says otherwise", t.Key(), strings.Join(why, " and "))
}
