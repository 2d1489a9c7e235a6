package admission

import (
	"context"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	upstream "k8s.io/apiserver/pkg/admission"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/helper/qos"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
)

// Lister lists the objects of a resource that exist in a namespace, for what
// ResourceQuotas count.
type Lister func(resource schema.GroupResource, namespace string) []runtime.Object

// Served is the resources that the API server has.
type Served struct {
	// Of is the resource that an object is one of. It is false for an object that the
	// server does not know.
	Of func(runtime.Object) (schema.GroupVersionResource, bool)
	// Namespaced are the resources whose objects are in namespaces.
	Namespaced []schema.GroupResource
}

// Admission knows the objects by which the API server judges others.
type Admission struct {
	now     func() time.Time
	plugins plugins
	// limits and quotas are those of a namespace, ordered by name: in upstream's
	// caches they have no order.
	limits     map[string][]*v1.LimitRange
	quotas     map[string][]*v1.ResourceQuota
	peaks      map[string]v1.ResourceList // of the quotas, by namespace and name
	tallies    map[string]*tally          // the same, once they were counted
	list       Lister
	served     Served
	evaluators evaluators
}

// New is the admission of a cluster with nothing but the built-in
// PriorityClasses.
func New(now func() time.Time, list Lister, served Served) (*Admission, error) {
	a := &Admission{
		now:    now,
		limits: map[string][]*v1.LimitRange{}, quotas: map[string][]*v1.ResourceQuota{},
		peaks: map[string]v1.ResourceList{}, tallies: map[string]*tally{},
		list: list, served: served, evaluators: newEvaluators(now, list, served.Namespaced),
	}
	var err error
	a.plugins, err = newPlugins()
	return a, err
}

// Set takes note of an object that was created or replaced. Kinds that play no
// part are ignored. The status of a ResourceQuota is left as it was, and empty
// at first: it is Recalculate's.
func (a *Admission) Set(o runtime.Object) {
	switch o := o.(type) {
	case *schedulingv1.PriorityClass:
		put(a.plugins.priorityClasses, o)
	case *nodev1.RuntimeClass:
		put(a.plugins.runtimeClasses, o)
	case *storagev1.StorageClass:
		put(a.plugins.storageClasses, o)
	case *v1.LimitRange:
		a.limits[o.Namespace] = named(a.limits[o.Namespace], o)
	case *v1.ResourceQuota:
		next := o.DeepCopy()
		next.Status = v1.ResourceQuotaStatus{}
		if old := a.Quota(o.Namespace, o.Name); old != nil {
			next.Status = old.Status
		}
		a.quotas[o.Namespace] = named(a.quotas[o.Namespace], next)
		delete(a.tallies, quotaKey(o))
	}
}

// Unset takes note of an object that is gone, and reports whether there was one.
func (a *Admission) Unset(kind, namespace, name string) bool {
	switch kind {
	case "PriorityClass":
		return drop(a.plugins.priorityClasses, name)
	case "RuntimeClass":
		return drop(a.plugins.runtimeClasses, name)
	case "StorageClass":
		return drop(a.plugins.storageClasses, name)
	case "LimitRange":
		return without(a.limits, namespace, name)
	case "ResourceQuota":
		delete(a.tallies, namespace+"/"+name)
		return without(a.quotas, namespace, name)
	}
	return false
}

// named is the list with o in place of the object of its name.
func named[T metav1.Object](list []T, o T) []T {
	i, found := slices.BinarySearchFunc(list, o.GetName(),
		func(e T, name string) int { return strings.Compare(e.GetName(), name) })
	if list = slices.Clone(list); found {
		list[i] = o
		return list
	}
	return slices.Insert(list, i, o)
}

func without[T metav1.Object](lists map[string][]T, namespace, name string) bool {
	list := slices.DeleteFunc(slices.Clone(lists[namespace]), func(e T) bool { return e.GetName() == name })
	found := len(list) < len(lists[namespace])
	lists[namespace] = list
	return found
}

var pods = core.Resource("pods").WithVersion("v1")

// Admit is a pod on its way into the API: plugins that change it, the
// registry's part where that depends on them, validation, plugins that judge
// it, and last the ResourceQuotas, which count it from then on. An error is a
// *Refusal; the pod may have been changed nevertheless. The pod comes with the
// API's defaults and a name.
func (a *Admission) Admit(pod *v1.Pod) error {
	if err := a.admitUnlimited(pod); err != nil {
		return err
	}
	if err := a.charge(attributesOf(pod, pod.Name, pods), pod); err != nil {
		return err
	}
	a.touch(pod.Namespace, pod.Name, pod)
	return nil
}

// Prepare is Admit without ResourceQuotas: it makes of a pod what the API
// server would keep.
func (a *Admission) Prepare(pod *v1.Pod) error { return a.admitUnlimited(pod) }

func (a *Admission) admitUnlimited(pod *v1.Pod) error {
	internal := &core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(pod, internal, nil); err != nil {
		return &Refusal{err: apierrors.NewBadRequest(err.Error())}
	}
	name := internal.Name
	if nameComesLater(pod) {
		internal.Name = ""
	}
	limits := a.limits[pod.Namespace]
	if err := a.mutate(internal, limits); err != nil {
		return err
	}
	internal.Name = name
	podutil.DefaultPodLevelResources(internal)
	internal.Status.QOSClass = qos.ComputePodQOS(internal)
	// Other pods are as valid as their template, and nothing stands against them.
	if len(limits) > 0 || pod.Spec.RuntimeClassName != nil || pod.Spec.Overhead != nil {
		if err := invalid(internal); err != nil {
			return err
		}
		if err := a.judge(internal, limits); err != nil {
			return err
		}
	}
	kept := &v1.Pod{}
	if err := corev1.Convert_core_Pod_To_v1_Pod(internal, kept, nil); err != nil {
		return &Refusal{err: apierrors.NewBadRequest(err.Error())}
	}
	pod.Spec, pod.Annotations, pod.Status.QOSClass = kept.Spec, kept.Annotations, kept.Status.QOSClass
	return nil
}

// nameComesLater: the API server makes up a name only after the plugins that
// change the pod, whose refusals therefore show generateName. StatefulSets send
// the name.
func nameComesLater(pod *v1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return pod.GenerateName != "" && (owner == nil || owner.Kind != "StatefulSet")
}

func attributesOf(o runtime.Object, name string, resource schema.GroupVersionResource) upstream.Attributes {
	namespace := ""
	if m, is := o.(metav1.Object); is {
		namespace = m.GetNamespace()
	}
	return upstream.NewAttributesRecord(o, nil, schema.GroupVersionKind{}, namespace, name, resource, "", upstream.Create,
		&metav1.CreateOptions{}, false, nil)
}

// mutate runs the plugins that change pods, in upstream's order.
func (a *Admission) mutate(pod *core.Pod, limits []*v1.LimitRange) error {
	attributes := attributesOf(pod, "", pods)
	if err := applyLimits(pod, limits); err != nil {
		return &Refusal{err: upstream.NewForbidden(attributes, err)}
	}
	ctx := context.Background()
	if err := a.plugins.priority.Admit(ctx, attributes, nil); err != nil {
		return &Refusal{Policy: "PriorityClass " + pod.Spec.PriorityClassName, err: err}
	}
	if err := a.plugins.tolerations.Admit(ctx, attributes, nil); err != nil {
		return &Refusal{err: err}
	}
	if err := a.plugins.runtimeClass.Admit(ctx, attributes, nil); err != nil {
		return &Refusal{Policy: runtimeClassOf(pod), err: err}
	}
	return nil
}

// invalid is the registry's validation of the changed pod: a default limit may
// be below the request that the pod came with.
func invalid(pod *core.Pod) error {
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(&pod.Spec, nil, &pod.ObjectMeta, nil)
	options.ResourceIsPod = true
	if faults := corevalidation.ValidatePodCreate(pod, options); len(faults) > 0 {
		// Upstream walks over maps of resources.
		slices.SortFunc(faults, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
		return &Refusal{err: apierrors.NewInvalid(core.Kind("Pod"), pod.Name, faults)}
	}
	return nil
}

func (a *Admission) judge(pod *core.Pod, limits []*v1.LimitRange) error {
	attributes := attributesOf(pod, "", pods)
	if err := checkLimits(pod, limits, attributes); err != nil {
		return err
	}
	if err := a.plugins.runtimeClass.Validate(context.Background(), attributes, nil); err != nil {
		return &Refusal{Policy: runtimeClassOf(pod), err: err}
	}
	return nil
}

func runtimeClassOf(pod *core.Pod) string {
	if pod.Spec.RuntimeClassName == nil {
		return "RuntimeClass"
	}
	return "RuntimeClass " + *pod.Spec.RuntimeClassName
}
