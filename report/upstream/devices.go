package upstream

import "regexp"

// NoDevices is DynamicResources' reason against a machine that has too few devices left
// for the claims of a pod (pkg/scheduler/framework/plugins/dynamicresources).
const NoDevices = "cannot allocate all claims"

// NoDevicesLeft is the reason in the words of the manifest.
const NoDevicesLeft = "devices to claim"

var (
	deviceClassMissing   = regexp.MustCompile(`device class (\S+) does not exist`)
	deviceClaimMissing   = regexp.MustCompile(`could not find ResourceClaim "([^"]+)"`)
	claimTemplateMissing = regexp.MustCompile(`resourceclaimtemplate\.resource\.k8s\.io "([^"]+)" not found`)
)

// MissingDevices is the object that a pod waits for to claim its devices, by its kind and
// name: a DeviceClass, a claim or a template.
func MissingDevices(message string) (kind, name string, is bool) {
	for _, c := range []struct {
		kind string
		says *regexp.Regexp
	}{
		{"DeviceClass", deviceClassMissing}, {"ResourceClaim", deviceClaimMissing},
		{"ResourceClaimTemplate", claimTemplateMissing},
	} {
		if m := c.says.FindStringSubmatch(message); m != nil {
			return c.kind, m[1], true
		}
	}
	return "", "", false
}
