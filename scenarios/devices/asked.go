package devices

import (
	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Asked is how many devices a container of a template asks for by claims, as the manifests
// have them. Of alternatives the first counts.
func Asked(x *objects.Index, t objects.Template, c *v1.Container) (n int64) {
	for _, claim := range c.Resources.Claims {
		for _, entry := range t.Spec.ResourceClaims {
			if entry.Name == claim.Name {
				for _, r := range requests(x, t.Ref, &entry) {
					if claim.Request == "" || claim.Request == r.Name {
						n += count(r)
					}
				}
			}
		}
	}
	return n
}

// requests are those of the claim that an entry of a pod's spec.resourceClaims names, or
// of its template.
func requests(x *objects.Index, pod cluster.ObjectRef, entry *v1.PodResourceClaim) []resourcev1.DeviceRequest {
	if name := entry.ResourceClaimName; name != nil {
		if o, is := x.ByName[objects.Ref("ResourceClaim", pod.Namespace, *name)].Object.(*resourcev1.ResourceClaim); is {
			return o.Spec.Devices.Requests
		}
	}
	if name := entry.ResourceClaimTemplateName; name != nil {
		ref := objects.Ref("ResourceClaimTemplate", pod.Namespace, *name)
		if o, is := x.ByName[ref].Object.(*resourcev1.ResourceClaimTemplate); is {
			return o.Spec.Spec.Devices.Requests
		}
	}
	return nil
}

func count(r resourcev1.DeviceRequest) int64 {
	switch {
	case r.Exactly != nil:
		return r.Exactly.Count
	case len(r.FirstAvailable) > 0:
		return r.FirstAvailable[0].Count
	}
	return 0
}
