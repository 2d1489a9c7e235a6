package manifest

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/node"
	nodevalidation "k8s.io/kubernetes/pkg/apis/node/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulingvalidation "k8s.io/kubernetes/pkg/apis/scheduling/validation"
	"k8s.io/kubernetes/pkg/features"

	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// kind is what is done with the objects of a kind.
type kind struct {
	// version is what the engine takes; other versions are converted to it.
	version schema.GroupVersion
	// clusterScoped objects have no namespace.
	clusterScoped bool
	// validate checks the internal form as the API server's strategy does.
	validate func(runtime.Object) field.ErrorList
	// row is that of an extension's kind, nil for Kubernetes' own.
	row *kinds.Kind
}

// simulated are the kinds that the engine takes.
var simulated = map[schema.GroupKind]kind{
	{Group: "", Kind: "Pod"}: {version: schema.GroupVersion{Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			pod := o.(*core.Pod)
			options := podutil.GetValidationOptionsFromPodSpecAndMeta(&pod.Spec, nil, &pod.ObjectMeta, nil)
			options.ResourceIsPod = true
			return corevalidation.ValidatePodCreate(pod, options)
		}},
	{Group: "", Kind: "Service"}: {version: schema.GroupVersion{Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			s := o.(*core.Service)
			normalizeClusterIPs(s)
			return corevalidation.ValidateServiceCreate(s)
		}},
	{Group: "", Kind: "Node"}: {version: schema.GroupVersion{Version: "v1"}, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			return corevalidation.ValidateNode(o.(*core.Node))
		}},
	{Group: "", Kind: "Namespace"}: {version: schema.GroupVersion{Version: "v1"}, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			return corevalidation.ValidateNamespace(o.(*core.Namespace))
		}},
	{Group: "", Kind: "ResourceQuota"}: {version: schema.GroupVersion{Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			return corevalidation.ValidateResourceQuota(o.(*core.ResourceQuota))
		}},
	{Group: "", Kind: "LimitRange"}: {version: schema.GroupVersion{Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			return corevalidation.ValidateLimitRange(o.(*core.LimitRange))
		}},
	{Group: "node.k8s.io", Kind: "RuntimeClass"}: {version: schema.GroupVersion{Group: "node.k8s.io", Version: "v1"},
		clusterScoped: true, validate: func(o runtime.Object) field.ErrorList {
			return nodevalidation.ValidateRuntimeClass(o.(*node.RuntimeClass))
		}},
	{Group: "", Kind: "Secret"}:                     {version: schema.GroupVersion{Version: "v1"}},
	{Group: "", Kind: "ConfigMap"}:                  {version: schema.GroupVersion{Version: "v1"}},
	{Group: "", Kind: "PersistentVolumeClaim"}:      claims,
	{Group: "", Kind: "PersistentVolume"}:           volumes,
	{Group: "storage.k8s.io", Kind: "StorageClass"}: storageClasses,
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:    csiDrivers,
	{Group: "storage.k8s.io", Kind: "CSINode"}:      csiNodes,

	{Group: "resource.k8s.io", Kind: "ResourceClaim"}:         deviceClaims,
	{Group: "resource.k8s.io", Kind: "ResourceClaimTemplate"}: deviceClaimTemplates,
	{Group: "resource.k8s.io", Kind: "DeviceClass"}:           deviceClasses,
	{Group: "resource.k8s.io", Kind: "ResourceSlice"}:         deviceSlices,
	{Group: "apps", Kind: "Deployment"}: {version: schema.GroupVersion{Group: "apps", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			d := o.(*apps.Deployment)
			return appsvalidation.ValidateDeployment(d, podutil.GetValidationOptionsFromPodTemplate(&d.Spec.Template, nil))
		}},
	{Group: "apps", Kind: "ReplicaSet"}: {version: schema.GroupVersion{Group: "apps", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			rs := o.(*apps.ReplicaSet)
			return appsvalidation.ValidateReplicaSet(rs, podutil.GetValidationOptionsFromPodTemplate(&rs.Spec.Template, nil))
		}},
	{Group: "apps", Kind: "StatefulSet"}: {version: schema.GroupVersion{Group: "apps", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			s := o.(*apps.StatefulSet)
			return appsvalidation.ValidateStatefulSet(s, appsvalidation.StatefulSetValidationOptions{},
				podutil.GetValidationOptionsFromPodTemplate(&s.Spec.Template, nil))
		}},
	{Group: "apps", Kind: "DaemonSet"}: {version: schema.GroupVersion{Group: "apps", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			d := o.(*apps.DaemonSet)
			return appsvalidation.ValidateDaemonSet(d, podutil.GetValidationOptionsFromPodTemplate(&d.Spec.Template, nil))
		}},
	{Group: "batch", Kind: "CronJob"}: {version: schema.GroupVersion{Group: "batch", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			cj := o.(*batch.CronJob)
			return batchvalidation.ValidateCronJobCreate(cj,
				podutil.GetValidationOptionsFromPodTemplate(&cj.Spec.JobTemplate.Spec.Template, nil))
		}},
	{Group: "batch", Kind: "Job"}: {version: schema.GroupVersion{Group: "batch", Version: "v1"}, validate: validateJob},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {
		version: schema.GroupVersion{Group: "autoscaling", Version: "v2"}, validate: func(o runtime.Object) field.ErrorList {
			a := o.(*autoscaling.HorizontalPodAutoscaler)
			return autoscalingvalidation.ValidateHorizontalPodAutoscaler(a, autoscalerOptions(a))
		}},
	{Group: "policy", Kind: "PodDisruptionBudget"}: {version: schema.GroupVersion{Group: "policy", Version: "v1"},
		validate: func(o runtime.Object) field.ErrorList {
			return policyvalidation.ValidatePodDisruptionBudget(o.(*policy.PodDisruptionBudget),
				policyvalidation.PodDisruptionBudgetValidationOptions{})
		}},
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}: {
		version: schema.GroupVersion{Group: "scheduling.k8s.io", Version: "v1"}, clusterScoped: true,
		validate: func(o runtime.Object) field.ErrorList {
			return schedulingvalidation.ValidatePriorityClass(o.(*scheduling.PriorityClass))
		}},
}

// autoscalerOptions are those of a new object
// (pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go,
// validationOptionsForHorizontalPodAutoscaler): metrics of objects can be about those
// of the core API, and of the kinds that can be scaled one has no API group.
func autoscalerOptions(
	a *autoscaling.HorizontalPodAutoscaler) autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions {
	options := autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1}
	if utilfeature.DefaultFeatureGate.Enabled(features.HPAScaleToZero) {
		options.MinReplicasLowerBound = 0
	}
	options.ObjectMetricsValidationOptions.AllowEmptyAPIGroup = true
	options.ScaleTargetRefValidationOptions.AllowEmptyAPIGroup = a.Spec.ScaleTargetRef.Kind == "ReplicationController"
	return options
}

// matters says of kinds that are left out what the simulation misses by it.
var matters = map[schema.GroupKind]string{
	{Group: "", Kind: "ReplicationController"}: "not simulated yet: its pods are missing",
}

// passedOver says why an object of a kind that the engine does not take is left
// out, and which pods are missing by it.
func (r *reader) passedOver(source Source, gvk schema.GroupVersionKind, name string, data []byte) record.Ignored {
	i := record.Ignored{Object: Visible(name), Source: r.place(source)}
	switch why, known := matters[gvk.GroupKind()]; {
	case known:
		i.Reason, i.Unsimulated = why, true
	case scheme.Recognizes(gvk):
		i.Reason = "does not matter to the simulation"
	default:
		i.Reason = "unknown to Kubernetes 1.37"
		if pods := missingPods(gvk, data); pods != "" {
			i.Reason, i.Unsimulated = i.Reason+": "+Visible(pods), true
		}
	}
	return i
}

// servedAs is the version of a simulated kind to use instead of one that is
// not served (extensions/v1beta1 of a Deployment), "" when all is well. Groups
// of others (serving.knative.dev has a Service too) are left alone.
func servedAs(gvk schema.GroupVersionKind) string {
	if scheme.Recognizes(gvk) || (strings.Contains(gvk.Group, ".") && !strings.HasSuffix(gvk.Group, ".k8s.io")) {
		return ""
	}
	for group, k := range simulated { // kinds are unique among them
		if group.Kind == gvk.Kind {
			return k.version.String()
		}
	}
	return ""
}

// IsKubernetes reports whether Kubernetes has a kind, in whatever version.
func IsKubernetes(gvk schema.GroupVersionKind) bool {
	return scheme.IsGroupRegistered(gvk.Group) && len(scheme.VersionsForGroupKind(gvk.GroupKind())) > 0
}
