package attachdetach

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
)

// limits has the machines tell how many volumes they take, when the first claim comes: by
// their CSINode, at which the scheduler looks.
func (c *Controller) limits() {
	if c.limited {
		return
	}
	c.limited = true
	for _, n := range apiserver.List[*v1.Node](c.Store) {
		c.limit(n)
	}
}

// limit makes the CSINode of a machine that has limits, unless there is one.
func (c *Controller) limit(n *v1.Node) {
	of := c.config.Limits[n.Name]
	if _, known := apiserver.Find[*storagev1.CSINode](c.Store, "", n.Name); known || len(of) == 0 {
		return
	}
	o := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: n.Name}}
	for _, driver := range slices.Sorted(maps.Keys(of)) {
		count := of[driver]
		o.Spec.Drivers = append(o.Spec.Drivers, storagev1.CSINodeDriver{Name: driver, NodeID: n.Name,
			Allocatable: &storagev1.VolumeNodeResources{Count: &count}})
	}
	c.Fail(c.Create(o, apiserver.Request{}))
}
