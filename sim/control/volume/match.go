package volume

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagehelpers "k8s.io/component-helpers/storage/volume"
	"k8s.io/utils/ptr"
)

// bestMatch is the volume that fits a claim best, nil when none does: of those with the
// fewest access modes beyond what is asked for the smallest that is large enough. Of
// equal ones it is the first by name, where upstream takes any
// (pkg/controller/volume/persistentvolume/index.go, findByClaim).
func bestMatch(claim *v1.PersistentVolumeClaim, volumes []*v1.PersistentVolume, delay bool) (*v1.PersistentVolume,
	error) {
	type group struct {
		modes   string
		number  int
		volumes []*v1.PersistentVolume
	}
	var groups []*group
	for _, o := range volumes {
		if !containsModes(o.Spec.AccessModes, claim.Spec.AccessModes) {
			continue
		}
		modes := modesOf(o.Spec.AccessModes)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.modes == modes })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{modes: modes, number: strings.Count(modes, ",") + 1})
		}
		groups[i].volumes = append(groups[i].volumes, o)
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.modes, b.modes))
	})
	for _, g := range groups {
		if o, err := storagehelpers.FindMatchingVolume(claim, g.volumes, nil, nil, delay, true); o != nil || err != nil {
			return o, err
		}
	}
	return nil, nil
}

// modesOf are access modes as one text, each once, in an order of their own.
func modesOf(modes []v1.PersistentVolumeAccessMode) string {
	var list []string
	for _, m := range modes {
		list = append(list, string(m))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ",")
}

func containsModes(has, asked []v1.PersistentVolumeAccessMode) bool {
	return !slices.ContainsFunc(asked, func(m v1.PersistentVolumeAccessMode) bool { return !slices.Contains(has, m) })
}

// unsatisfied is why a volume that a claim names can't be its own (pv_controller.go,
// checkVolumeSatisfyClaim), nil when it can.
func unsatisfied(volume *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	switch {
	case volume.DeletionTimestamp != nil:
		return fmt.Errorf("the volume is marked for deletion %q", volume.Name)
	case storageOf(volume.Spec.Capacity) < storageOf(claim.Spec.Resources.Requests):
		return fmt.Errorf("requested PV is too small")
	case storagehelpers.GetPersistentVolumeClass(volume) != storagehelpers.GetPersistentVolumeClaimClass(claim):
		return fmt.Errorf("storageClassName does not match")
	case ptr.Deref(claim.Spec.VolumeAttributesClassName, "") != ptr.Deref(volume.Spec.VolumeAttributesClassName, ""):
		return fmt.Errorf("volumeAttributesClassName does not match")
	case storagehelpers.CheckVolumeModeMismatches(&claim.Spec, &volume.Spec):
		return fmt.Errorf("incompatible volumeMode")
	case !storagehelpers.CheckAccessModes(claim, volume):
		return fmt.Errorf("incompatible accessMode")
	}
	return nil
}

// storageOf is the size of a volume, bytes.
func storageOf(list v1.ResourceList) int64 {
	q := list[v1.ResourceStorage]
	return q.Value()
}
