package manifest

import (
	"context"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/resource"
	resourcevalidation "k8s.io/kubernetes/pkg/apis/resource/validation"
)

// The kinds of devices and of who claims them.
var (
	deviceClaims = kind{version: resourcev1.SchemeGroupVersion, validate: func(o runtime.Object) field.ErrorList {
		return declared(o, &resourcev1.ResourceClaim{}, resourcevalidation.ValidateResourceClaim(o.(*resource.ResourceClaim)))
	}}
	deviceClaimTemplates = kind{version: resourcev1.SchemeGroupVersion,
		validate: func(o runtime.Object) field.ErrorList {
			return declared(o, &resourcev1.ResourceClaimTemplate{},
				resourcevalidation.ValidateResourceClaimTemplate(o.(*resource.ResourceClaimTemplate)))
		}}
	deviceClasses = kind{version: resourcev1.SchemeGroupVersion, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			return declared(o, &resourcev1.DeviceClass{}, resourcevalidation.ValidateDeviceClass(o.(*resource.DeviceClass)))
		}}
	deviceSlices = kind{version: resourcev1.SchemeGroupVersion, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			return declared(o, &resourcev1.ResourceSlice{},
				resourcevalidation.ValidateResourceSlice(o.(*resource.ResourceSlice)))
		}}
)

// declared adds to the faults that validation by hand finds those that are declared beside
// the fields of the API types, unless they are told of the field already: upstream moves
// rules from the one to the other (apiserver/pkg/registry/rest/validate.go).
func declared(internal, versioned runtime.Object, faults field.ErrorList) field.ErrorList {
	if err := scheme.Convert(internal, versioned, nil); err != nil {
		return append(faults, field.InternalError(nil, err))
	}
	told := map[string]bool{}
	for _, f := range faults {
		told[f.Field+string(f.Type)] = true
	}
	for _, f := range scheme.Validate(context.Background(), nil, versioned) {
		if !told[f.Field+string(f.Type)] {
			faults = append(faults, f)
		}
	}
	return faults
}

// admins refuses claims with admin access in namespaces without the label that allows it
// (pkg/registry/resource/utils.go, AuthorizedForAdmin).
func (r *reader) admins() {
	allowed := map[string]bool{}
	for _, o := range r.set.Objects {
		if n, is := o.Object.(*v1.Namespace); is {
			allowed[n.Name] = n.Labels[resourcev1.DRAAdminNamespaceLabelKey] == "true"
		}
	}
	for _, o := range r.set.Objects {
		switch c := o.Object.(type) {
		case *resourcev1.ResourceClaim:
			r.admin(o, allowed[c.Namespace], c.Spec.Devices.Requests)
		case *resourcev1.ResourceClaimTemplate:
			r.admin(o, allowed[c.Namespace], c.Spec.Spec.Devices.Requests)
		}
	}
}

func (r *reader) admin(o Object, allowed bool, requests []resourcev1.DeviceRequest) {
	for i := range requests {
		if e := requests[i].Exactly; !allowed && e != nil && e.AdminAccess != nil && *e.AdminAccess {
			r.faults = append(r.faults, validationFaults(o.Source, field.ErrorList{field.Forbidden(
				field.NewPath("spec", "devices", "requests").Index(i).Child("adminAccess"), "admin access to devices requires the `"+
					resourcev1.DRAAdminNamespaceLabelKey+": true` label on the containing namespace")})...)
			return
		}
	}
}
