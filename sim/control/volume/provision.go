package volume

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	storagehelpers "k8s.io/component-helpers/storage/volume"
)

// Topology is where the machines are that reach a volume of a driver.
type Topology string

const (
	// Everywhere is of network file systems and the like.
	Everywhere Topology = ""
	// Zonal is of the disks of clouds.
	Zonal Topology = v1.LabelTopologyZone
	// Local is of the machine's own disks.
	Local Topology = v1.LabelHostname
)

// Plan is a volume that a driver is asked to make.
type Plan struct {
	Claim  *v1.PersistentVolumeClaim
	Class  *Class
	Driver string
	Node   string // that the scheduler has selected, "" for any
}

// Provisions is what the external provisioner of a driver makes of a claim, nil when
// that is nothing to it (sig-storage-lib-external-provisioner, shouldProvision).
func Provisions(claim *v1.PersistentVolumeClaim, class *Class) *Plan {
	driver := claim.Annotations[storagehelpers.AnnStorageProvisioner]
	if claim.Spec.VolumeName != "" || driver == "" || class == nil || driver != Driver(class.Provisioner) ||
		claim.DeletionTimestamp != nil {
		return nil
	}
	node := claim.Annotations[storagehelpers.AnnSelectedNode]
	if class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer &&
		node == "" {
		return nil
	}
	return &Plan{Claim: claim, Class: class, Driver: driver, Node: node}
}

// Deletes reports whether a driver deletes a volume that it made, as nobody claims it any
// more.
func Deletes(volume *v1.PersistentVolume) bool {
	return volume.Status.Phase == v1.VolumeReleased && provisioned(volume) && volume.DeletionTimestamp == nil &&
		volume.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete
}

// Volume is what the driver makes. of is the place of the selected machine, "" when the
// machines have none of that kind, and key its label.
func (p *Plan) Volume(key Topology, of string) *v1.PersistentVolume {
	claim := p.Claim
	mode := v1.PersistentVolumeFilesystem
	if claim.Spec.VolumeMode != nil {
		mode = *claim.Spec.VolumeMode
	}
	policy := v1.PersistentVolumeReclaimDelete
	if p.Class.ReclaimPolicy != nil {
		policy = *p.Class.ReclaimPolicy
	}
	name := "pvc-" + string(claim.UID)
	o := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name,
			Annotations: map[string]string{storagehelpers.AnnDynamicallyProvisioned: p.Driver}},
		Spec: v1.PersistentVolumeSpec{
			Capacity:    v1.ResourceList{v1.ResourceStorage: claim.Spec.Resources.Requests[v1.ResourceStorage]},
			AccessModes: claim.Spec.AccessModes, VolumeMode: &mode, StorageClassName: p.Class.Name,
			PersistentVolumeReclaimPolicy: policy,
			ClaimRef: &v1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace,
				Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource: v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{Driver: p.Driver,
				VolumeHandle: name}},
		},
	}
	if key == Local {
		o.Spec.PersistentVolumeSource = v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{
			Path: "/opt/local-path-provisioner/" + name + "_" + claim.Namespace + "_" + claim.Name}}
	}
	if key != Everywhere && of != "" {
		o.Spec.NodeAffinity = &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
			MatchExpressions: []v1.NodeSelectorRequirement{{Key: string(key), Operator: v1.NodeSelectorOpIn,
				Values: []string{of}}}}}}}
	}
	return o
}

// Place is where a volume is made for which no machine is selected. places are those
// that there are, sorted. The place follows from the claim's name, and goes round with
// the number at its end (external-provisioner, pkg/controller/topology.go,
// getPVCNameHashAndIndexOffset).
func Place(claim string, places []string) string {
	if len(places) == 0 {
		return ""
	}
	base, offset := claim, uint32(0)
	if i := strings.LastIndexByte(claim, '-'); i >= 0 {
		if n, err := strconv.ParseUint(claim[i+1:], 10, 32); err == nil {
			base, offset = claim[:i], uint32(n)
		}
	}
	h := fnv.New32()
	_, _ = h.Write([]byte(base)) // it never fails
	return places[(h.Sum32()+offset)%uint32(len(places))]
}

// Allows is which of some places a class allows, all when it names none.
func Allows(class *Class, key Topology, places []string) []string {
	var allowed []string
	for _, term := range class.AllowedTopologies {
		for _, e := range term.MatchLabelExpressions {
			if isPlace(e.Key, key) {
				allowed = append(allowed, e.Values...)
			}
		}
	}
	if len(allowed) == 0 {
		return places
	}
	return slices.DeleteFunc(slices.Clone(places), func(p string) bool { return !slices.Contains(allowed, p) })
}

// isPlace reports whether a label says the same as that of a topology: drivers of clouds
// have labels of their own for zones.
func isPlace(label string, key Topology) bool {
	return label == string(key) || key == Zonal && IsZone(label)
}

// IsZone reports whether a label of machines is their zone: the well-known ones, and
// those that the drivers of clouds set.
func IsZone(label string) bool {
	return label == v1.LabelTopologyZone || label == v1.LabelFailureDomainBetaZone ||
		strings.HasPrefix(label, "topology.") && strings.HasSuffix(label, "/zone")
}
