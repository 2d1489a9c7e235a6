package manifest

import (
	"context"

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
