package devices

import (
	"strconv"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	decide "github.com/kube-rehearse/rehearse/sim/control/devices"
	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Input is what there is to complete. Assume hears of what nobody gave, Fault of what is
// wrong with a field of the scenario.
type Input struct {
	Given   *wire.Devices
	Objects *objects.Index
	Spec    *cluster.Spec
	Assume  func(format string, arguments ...any)
	Fault   func(field, format string, arguments ...any)
}

// prepares is how long a kubelet takes to have the devices of a pod prepared: a guess. The
// driver writes a CDI file and a checkpoint.
var prepares = distribution.LogNormalFromMedianP99(0.5, 3)

// The values of cluster.devices.driver.
const (
	dra          = "dra"
	devicePlugin = "devicePlugin"
	both         = "both"
)

// Complete completes the Spec.
func Complete(in Input) {
	c := completion{Input: in}
	c.look()
	driver := c.Given.Driver
	switch driver {
	case dra, devicePlugin, both:
	case "":
		if driver = devicePlugin; c.claims {
			driver = dra
		}
	default:
		c.Fault("cluster.devices.driver", "must be dra, devicePlugin or both, got %.60q", driver)
		return
	}
	c.Spec.Devices.Prepare = prepares
	if c.Given.Prepare != nil {
		c.Spec.Devices.Prepare = c.Given.Prepare.Dist
	}
	if driver == devicePlugin || c.slices {
		return
	}
	c.install(driver)
}

type completion struct {
	Input
	claims, slices bool            // there are such
	classes        map[string]bool // by name
}

// look notes what there is that has to do with devices, at the start and by steps.
func (c *completion) look() {
	c.classes = map[string]bool{}
	c.Spec.EachObject(func(o runtime.Object) {
		switch o := o.(type) {
		case *resourcev1.ResourceClaim, *resourcev1.ResourceClaimTemplate:
			c.claims = true
		case *resourcev1.DeviceClass:
			c.classes[o.Name] = true
		case *resourcev1.ResourceSlice:
			c.slices = c.slices || o.Spec.Driver == decide.Driver
		}
		_, spec := c.Objects.Kinds.PodsOf(o)
		c.claims = c.claims || spec != nil && len(spec.ResourceClaims) > 0
	})
}

// install has NVIDIA's driver run on the machines that have GPUs.
func (c *completion) install(driver string) {
	c.machines(c.Spec.Nodes, driver == dra)
	for _, step := range c.Spec.Timeline {
		if a, is := step.Action.(cluster.NodeAdd); is {
			c.machines(a.Nodes, driver == dra)
		}
	}
	c.Spec.Devices.Publish = true
	var added []runtime.Object
	for _, class := range nvidia() {
		if !c.classes[class.Name] {
			added = append(added, class)
		}
	}
	c.Spec.Objects = append(added, c.Spec.Objects...)
	if c.Given.Driver == "" {
		c.Assume("devices are claimed: NVIDIA's DRA driver is taken to run on the machines with GPUs in place of the " +
			"device plugin, with its DeviceClasses gpu.nvidia.com, which serves nvidia.com/gpu too, and mig.nvidia.com " +
			"(cluster.devices.driver, or ResourceSlices among the manifests)")
	}
	if c.Given.Prepare == nil {
		c.Assume("devices: a kubelet has those of a pod prepared in 0.5s (p99 3s) (cluster.devices.prepare)")
	}
}

// machines marks those with GPUs, of which the driver is to tell. instead takes away what
// the device plugin would tell.
func (c *completion) machines(list []*v1.Node, instead bool) {
	for i, n := range list {
		q := n.Status.Capacity[nodes.GPU]
		count := q.Value()
		if replicas, err := strconv.ParseInt(n.Labels[nodes.GPUReplicasLabel], 10, 64); err == nil && replicas > 1 {
			count /= replicas
		}
		if count <= 0 {
			continue
		}
		n = n.DeepCopy()
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[decide.CountLabel] = strconv.FormatInt(count, 10)
		if instead {
			delete(n.Labels, nodes.GPUReplicasLabel)
			delete(n.Status.Capacity, nodes.GPU)
			delete(n.Status.Allocatable, nodes.GPU)
		}
		list[i] = n
	}
}

// nvidia are the DeviceClasses of NVIDIA's driver (deployments/helm/nvidia-dra-driver-gpu/
// templates/deviceclass-*.yaml).
func nvidia() []*resourcev1.DeviceClass {
	class := func(name, kind string) *resourcev1.DeviceClass {
		o := &resourcev1.DeviceClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: resourcev1.DeviceClassSpec{
			Selectors: []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{Expression: "device.driver == '" +
				decide.Driver + "' && device.attributes['" + decide.Driver + "'].type == '" + kind + "'"}}},
		}}
		o.SetGroupVersionKind(resourcev1.SchemeGroupVersion.WithKind("DeviceClass"))
		return o
	}
	whole, resource := class("gpu.nvidia.com", "gpu"), string(nodes.GPU)
	whole.Spec.ExtendedResourceName = &resource
	return []*resourcev1.DeviceClass{whole, class("mig.nvidia.com", "mig")}
}
