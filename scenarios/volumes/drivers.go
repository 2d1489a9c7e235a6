package volumes

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/manager/volume"
)

// The laws of drivers that nobody describes: guesses between what people report of the
// clouds. GCE's driver looks each 5 s whether a disk is attached, which takes a second
// (gcp-compute-persistent-disk-csi-driver#956); Azure takes 10 to 15 s
// (azuredisk-csi-driver#269).
var (
	makes    = distribution.LogNormalFromMedianP99(2, 10)
	attaches = distribution.LogNormalFromMedianP99(5, 20)
	mounts   = distribution.LogNormalFromMedianP99(0.3, 2)
)

// laws sets how long drivers take.
func (c *completion) laws() {
	s, a := &c.Spec.Storage, &c.Spec.Attach
	for _, l := range []struct {
		given     *wire.DurationDist
		to        *distribution.Dist
		otherwise distribution.Dist
	}{
		{c.Given.Provision, &s.Provision, makes}, {c.Given.Delete, &s.Delete, makes},
		{c.Given.Attach, &a.Attach, attaches}, {c.Given.Detach, &a.Detach, attaches}, {c.Given.Mount, &a.Mount, mounts},
	} {
		*l.to = l.otherwise
		if l.given != nil {
			*l.to = l.given.Dist
		}
	}
	if c.Given.Provision == nil {
		c.Assume("volumes: a driver makes one in 2s (p99 10s), attaches it in 5s (p99 20s), as it detaches it, and a " +
			"kubelet mounts it in 0.3s (p99 2s) (cluster.storage)")
	}
}

// limits says how many volumes each machine takes.
func (c *completion) limits() {
	limits := map[string]map[string]int32{}
	of := func(list []*v1.Node) {
		for _, n := range list {
			own := map[string]int32{}
			if shape, known := nodes.ShapeOf(n); known {
				if driver, volumes := shape.VolumeLimit(); driver != "" && volumes > 0 {
					own[driver] = volumes
				}
			}
			for _, d := range c.Given.Drivers {
				if d.Limit != nil {
					own[d.Name] = int32(min(*d.Limit, 1<<20))
				}
			}
			limits[n.Name] = own
		}
	}
	of(c.Spec.Nodes)
	c.joining(of)
	c.Spec.Attach.Limits = limits
}

// joining goes over the machines that join.
func (c *completion) joining(do func([]*v1.Node)) {
	for _, step := range c.Spec.Timeline {
		if a, is := step.Action.(cluster.NodeAdd); is {
			do(a.Nodes)
		}
	}
}

// settings checks what a scenario says of storage.
func (c *completion) settings() {
	if _, known := providers[c.Given.Classes]; !known && c.Given.Classes != "" {
		c.Fault("cluster.storage.classes", "must be eks, gke, aks, kind or none, got %.60q", c.Given.Classes)
	}
	for i, d := range c.Given.Drivers {
		at := fmt.Sprintf("cluster.storage.drivers[%d]", i)
		if d.Limit != nil && *d.Limit < 1 {
			c.Fault(at+".limit", "must be at least 1, got %d", *d.Limit)
		}
		if c.Spec.Storage.Drivers == nil {
			c.Spec.Storage.Drivers = map[string]volume.Driver{}
		}
		c.Spec.Storage.Drivers[d.Name] = volume.Driver{Topology: d.Topology, Attaches: d.Attach == nil || *d.Attach}
	}
}

// places gives the machines the labels by which volumes of clouds are bound to zones: the
// drivers set labels of their own, and volumes that were read from a cluster name them.
func (c *completion) places() {
	var labels []string
	c.Spec.EachObject(func(o runtime.Object) {
		switch o := o.(type) {
		case *v1.PersistentVolume:
			if o.Spec.NodeAffinity == nil || o.Spec.NodeAffinity.Required == nil {
				return
			}
			for _, term := range o.Spec.NodeAffinity.Required.NodeSelectorTerms {
				for _, e := range term.MatchExpressions {
					labels = append(labels, e.Key)
				}
			}
		case *storagev1.StorageClass:
			for _, term := range o.AllowedTopologies {
				for _, e := range term.MatchLabelExpressions {
					labels = append(labels, e.Key)
				}
			}
		}
	})
	labels = slices.DeleteFunc(labels, func(l string) bool { return !decide.IsZone(l) || l == v1.LabelTopologyZone })
	slices.Sort(labels)
	labels = slices.Compact(labels)
	if len(labels) == 0 {
		return
	}
	label := func(list []*v1.Node) {
		for _, n := range list {
			for _, l := range labels {
				if zone := n.Labels[v1.LabelTopologyZone]; zone != "" && n.Labels[l] == "" {
					n.Labels[l] = zone
				}
			}
		}
	}
	label(c.Spec.Nodes)
	c.joining(label)
	c.Assume("machines have the label %s of the volumes' drivers, with the zone of %s", strings.Join(labels, ", "),
		v1.LabelTopologyZone)
}
