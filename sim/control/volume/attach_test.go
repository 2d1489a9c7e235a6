package volume

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

func TestDetach(t *testing.T) {
	for name, c := range map[string]struct {
		h           Holding
		now, forced bool
	}{
		"given up":                    {Holding{Healthy: true}, true, false},
		"still mounted":               {Holding{Mounted: true, Healthy: true, Asked: time.Hour}, false, false},
		"a machine that failed":       {Holding{Mounted: true, Asked: 6 * time.Minute}, false, false},
		"for more than six minutes":   {Holding{Mounted: true, Asked: 6*time.Minute + 1}, true, true},
		"out of service":              {Holding{Mounted: true, OutOfService: true}, true, true},
		"healthy again after a while": {Holding{Mounted: true, Healthy: true, Asked: 7 * time.Minute}, false, false},
		"failed, and not mounted":     {Holding{}, true, false},
	} {
		now, forced := c.h.Detach()
		assert.Equal(t, c.now, now, name)
		assert.Equal(t, c.forced, forced, name)
	}
}

func TestMultiAttach(t *testing.T) {
	of := func(modes ...v1.PersistentVolumeAccessMode) *v1.PersistentVolume {
		return &v1.PersistentVolume{Spec: v1.PersistentVolumeSpec{AccessModes: modes}}
	}
	assert.False(t, MultiAttach(of(v1.ReadWriteOnce)))
	assert.False(t, MultiAttach(of(v1.ReadWriteOncePod)))
	assert.True(t, MultiAttach(of(v1.ReadWriteOnce, v1.ReadOnlyMany)))
	assert.True(t, MultiAttach(of(v1.ReadWriteMany)))
	assert.True(t, MultiAttach(of()))
}

// A kubelet that has told of the volume when it comes finds it at once; else it looks after
// 0.5 s, 1.5 s, 3.5 s, 7.5 s.
func TestVerified(t *testing.T) {
	for reported, found := range map[time.Duration]time.Duration{
		0: 0, 1: 500 * time.Millisecond, 500 * time.Millisecond: 500 * time.Millisecond,
		501 * time.Millisecond: 1500 * time.Millisecond, 3 * time.Second: 3500 * time.Millisecond,
		10 * time.Second: 15500 * time.Millisecond,
	} {
		assert.Equal(t, found, Verified(reported), reported)
	}
}

func TestWaitsForDetach(t *testing.T) {
	assert.Equal(t, `Waiting for detach for volume "v" Volume is already used by pod(s) a, b`,
		WaitsForDetach("v", []string{"a", "b"}, 0))
	assert.Equal(t,
		`Waiting for detach for volume "v" Volume is already used by pod(s) a and 2 pod(s) in different namespaces`,
		WaitsForDetach("v", []string{"a"}, 2))
	assert.Equal(t, `Waiting for detach for volume "v" Volume is already used by 1 pod(s) in different namespaces`,
		WaitsForDetach("v", nil, 1))
	assert.Equal(t,
		`Waiting for detach for volume "v" Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node`,
		WaitsForDetach("v", nil, 0))
}

// The volumes of a StatefulSet's claims go round the zones.
func TestPlace(t *testing.T) {
	zones := []string{"a", "b", "c"}
	first := Place("data-db-0", zones)
	seen := map[string]bool{first: true, Place("data-db-1", zones): true, Place("data-db-2", zones): true}
	assert.Len(t, seen, 3)
	assert.Equal(t, first, Place("data-db-3", zones))
	assert.Equal(t, "", Place("data", nil))
}

func TestAllows(t *testing.T) {
	class := &Class{AllowedTopologies: []v1.TopologySelectorTerm{
		{MatchLabelExpressions: []v1.TopologySelectorLabelRequirement{
			{Key: "topology.ebs.csi.aws.com/zone", Values: []string{"b", "x"}}}}}}
	assert.Equal(t, []string{"b"}, Allows(class, Zonal, []string{"a", "b"}))
	assert.Equal(t, []string{"a", "b"}, Allows(&Class{}, Zonal, []string{"a", "b"}))
}

// A claim is a driver's when the controller says so, and with WaitForFirstConsumer not
// before the scheduler has chosen a machine.
func TestProvisions(t *testing.T) {
	class := classNamed("later", "kubernetes.io/aws-ebs", storagev1.VolumeBindingWaitForFirstConsumer)
	claim := claimOf("c", "later", "1Gi")
	assert.Nil(t, Provisions(claim, class))
	claim.Annotations = map[string]string{"volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}
	assert.Nil(t, Provisions(claim, class))
	claim.Annotations["volume.kubernetes.io/selected-node"] = "n"
	plan := Provisions(claim, class)
	assert.Equal(t, "n", plan.Node)
	o := plan.Volume(Zonal, "z1")
	assert.Equal(t, "pvc-c", o.Name)
	assert.Equal(t, v1.PersistentVolumeReclaimDelete, o.Spec.PersistentVolumeReclaimPolicy)
	assert.Equal(t, []string{"z1"}, o.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values)
	assert.Nil(t, plan.Volume(Zonal, "").Spec.NodeAffinity)
}
