package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// mendDevices is the change for a pod that gets none of the devices that it claims, and
// why; "" for a pod that waits for something else.
func (f *facts) mendDevices(p *fold.Pod) (lack, change string) {
	namespace, _ := record.SplitName(p.Name)
	switch kind, name, missing := upstream.MissingDevices(p.Message); {
	case !missing:
	case kind == "DeviceClass":
		return "nobody made the DeviceClass", fmt.Sprintf(
			"Name a DeviceClass that there is, or create %s. Where a driver brings it: add it to the manifests with the "+
				"driver's ResourceSlices (kubectl get deviceclass,resourceslice -o yaml).", name)
	default:
		if _, own := record.SplitName(name); own != "" {
			name = own
		}
		return "nobody made it", fmt.Sprintf("Create the %s %s in namespace %s.", kind, name, namespace)
	}
	if p.NoDevices {
		return "no node can ever hold it: none has the devices that it claims, were they all free",
			"Let the claims ask for what machines have (kubectl get resourceslice -o yaml), or add an instance type that has it."
	}
	for _, r := range lasting(p) {
		if upstream.ShortReason(r.Reason) == upstream.NoDevicesLeft {
			return "", "Add a machine whose free devices satisfy its claims, or let the claims ask for less."
		}
	}
	return "", ""
}
