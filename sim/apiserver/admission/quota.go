package admission

import (
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	upstream "k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	evaluator "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
)

// AdmitObject is an object that is not a pod on its way into the API, new or in
// place of one of its name: claims get the default StorageClass, LimitRanges hold
// claims to what they say, ResourceQuotas count all, and of PriorityClasses one can be
// the default. An error is a *Refusal.
func (a *Admission) AdmitObject(o runtime.Object) error {
	if class, is := o.(*schedulingv1.PriorityClass); is {
		return a.plugins.admitPriorityClass(class)
	}
	if claim, is := o.(*v1.PersistentVolumeClaim); is {
		if err := a.plugins.admitClaim(claim); err != nil {
			return &Refusal{err: err}
		}
	}
	m, is := o.(metav1.Object)
	if !is || (len(a.quotas[m.GetNamespace()]) == 0 && len(a.limits[m.GetNamespace()]) == 0) {
		return nil
	}
	resource, known := a.served.Of(o)
	if !known {
		return nil
	}
	attributes := attributesOf(o, m.GetName(), resource)
	if old := a.stored(resource.GroupResource(), m.GetNamespace(), m.GetName()); old != nil {
		attributes = upstream.NewAttributesRecord(o, old, schema.GroupVersionKind{}, m.GetNamespace(), m.GetName(), resource,
			"", upstream.Update, &metav1.UpdateOptions{}, false, nil)
	}
	if claim, is := o.(*v1.PersistentVolumeClaim); is {
		internal := &core.PersistentVolumeClaim{}
		if err := corev1.Convert_v1_PersistentVolumeClaim_To_core_PersistentVolumeClaim(claim, internal, nil); err != nil {
			return &Refusal{err: apierrors.NewBadRequest(err.Error())}
		}
		if err := checkClaimLimits(internal, a.limits[claim.Namespace], attributes); err != nil {
			return err
		}
	}
	return a.charge(attributes, o)
}

// stored is the object of a name that exists, nil when there is none.
func (a *Admission) stored(resource schema.GroupResource, namespace, name string) runtime.Object {
	for _, o := range a.list(resource, namespace) {
		if m, is := o.(metav1.Object); is && m.GetName() == name {
			return o
		}
	}
	return nil
}

// charge holds an object to the ResourceQuotas of its namespace and counts it
// into their status. It is upstream's CheckRequest; the server's way around it,
// which bundles requests and writes the status in a race with others, comes to
// the same when one request follows the other.
func (a *Admission) charge(attributes upstream.Attributes, o runtime.Object) error {
	held := a.quotas[attributes.GetNamespace()]
	e := a.evaluators.Get(attributes.GetResource().GroupResource())
	if len(held) == 0 || e == nil {
		return nil
	}
	next, err := resourcequota.CheckRequest(copies(held), attributes, e, nil)
	if err != nil {
		return a.refusedByQuota(held, attributes, e, o, err)
	}
	for i := range next {
		if !quota.Equals(next[i].Status.Used, held[i].Status.Used) {
			held[i] = &next[i]
			a.observe(held[i])
		}
	}
	return nil
}

func copies(held []*v1.ResourceQuota) []v1.ResourceQuota {
	list := make([]v1.ResourceQuota, len(held))
	for i, q := range held {
		list[i] = *q
	}
	return list
}

// refusedByQuota finds the quota that an answer of CheckRequest is about, and
// what it lacks.
func (a *Admission) refusedByQuota(held []*v1.ResourceQuota, attributes upstream.Attributes, e quota.Evaluator,
	o runtime.Object, answer error) error {
	r := &Refusal{err: answer}
	for _, q := range held {
		_, err := resourcequota.CheckRequest([]v1.ResourceQuota{*q}, attributes, e, nil)
		if err == nil || err.Error() != answer.Error() {
			continue
		}
		r.Policy = "ResourceQuota " + q.Namespace + "/" + q.Name
		usage, err := e.Usage(o)
		if err != nil {
			return r
		}
		usage = quota.Mask(usage, quota.ResourceNames(q.Status.Hard))
		_, exceeded := quota.LessThanOrEqual(quota.Mask(quota.Add(q.Status.Used, usage), quota.ResourceNames(usage)),
			q.Status.Hard)
		slices.Sort(exceeded)
		for _, name := range exceeded {
			r.Short = append(r.Short, Shortage{Resource: string(name), Requested: usage[name], Used: q.Status.Used[name],
				Hard: q.Status.Hard[name]})
		}
		return r
	}
	return r
}

// Quota is a ResourceQuota with its status, nil when there is none of that
// name. It is read-only.
func (a *Admission) Quota(namespace, name string) *v1.ResourceQuota {
	for _, q := range a.quotas[namespace] {
		if q.Name == name {
			return q
		}
	}
	return nil
}

// Replenished are the ResourceQuotas that their controller counts anew when an
// object is deleted, or changes from old to next: those that count its resource
// (resource_quota_monitor.go; pkg/quota/v1/install/update_filter.go). A pod that
// has ended frees what it used; one that terminates longer than it should does
// so only at the controller's full resync. It has to be told of every change of
// a pod, since Recalculate looks only at pods that changed.
func (a *Admission) Replenished(old, next runtime.Object) []*v1.ResourceQuota {
	m, is := old.(metav1.Object)
	if !is || len(a.quotas[m.GetNamespace()]) == 0 {
		return nil
	}
	if pod, is := old.(*v1.Pod); is {
		after, _ := next.(*v1.Pod)
		a.touch(pod.Namespace, pod.Name, after)
	}
	resource, known := a.served.Of(old)
	if !known || (next != nil && !a.frees(old, next)) {
		return nil
	}
	e := a.evaluators.Get(resource.GroupResource())
	if e == nil {
		return nil
	}
	var list []*v1.ResourceQuota
	for _, q := range a.quotas[m.GetNamespace()] {
		if len(e.MatchingResources(quota.ResourceNames(q.Status.Hard))) > 0 {
			list = append(list, q)
		}
	}
	return list
}

func (a *Admission) frees(old, next runtime.Object) bool {
	switch old := old.(type) {
	case *v1.Pod:
		next, now := next.(*v1.Pod), virtual{now: a.now}
		return evaluator.IsTerminating(old) != evaluator.IsTerminating(next) ||
			(evaluator.QuotaV1Pod(old, now) && !evaluator.QuotaV1Pod(next, now))
	case *v1.Service:
		return evaluator.GetQuotaServiceType(old) != evaluator.GetQuotaServiceType(next.(*v1.Service))
	}
	return false
}

// Recalculate is one sync of the quota controller: what the namespace's objects
// use, counted anew, and the limits as the spec has them
// (resource_quota_controller.go, syncResourceQuota). It reports whether the
// status changed.
func (a *Admission) Recalculate(namespace, name string) (bool, error) {
	next, err := a.recount(namespace, name)
	if next != nil {
		a.quotas[namespace] = named(a.quotas[namespace], next)
		a.observe(next)
	}
	return next != nil, err
}

// Outdated reports whether Recalculate would change the status.
func (a *Admission) Outdated(namespace, name string) (bool, error) {
	next, err := a.recount(namespace, name)
	return next != nil, err
}

// recount is the quota with the status that it should have, nil when it has it.
func (a *Admission) recount(namespace, name string) (*v1.ResourceQuota, error) {
	q := a.Quota(namespace, name)
	if q == nil {
		return nil, nil
	}
	usage, err := quota.CalculateUsage(namespace, q.Spec.Scopes, q.Spec.Hard, a.evaluators.others, q.Spec.ScopeSelector)
	sum := a.podUsage(q)
	for _, name := range a.evaluators.Get(pods.GroupResource()).MatchingResources(quota.ResourceNames(q.Spec.Hard)) {
		zero := resource.Quantity{Format: resource.DecimalSI}
		zero.Add(sum[name])
		usage[name] = zero
	}
	used := quota.Add(v1.ResourceList{}, q.Status.Used)
	for name, value := range usage {
		used[name] = value
	}
	hard := quota.Add(v1.ResourceList{}, q.Spec.Hard)
	used = quota.Mask(used, quota.ResourceNames(hard))
	if q.Status.Used != nil && apiequality.Semantic.DeepEqual(q.Spec.Hard, q.Status.Hard) &&
		quota.Equals(used, q.Status.Used) {
		return nil, err
	}
	next := q.DeepCopy()
	next.Status = v1.ResourceQuotaStatus{Hard: hard, Used: used}
	return next, err
}

// observe keeps the most that was used.
func (a *Admission) observe(q *v1.ResourceQuota) {
	k := q.Namespace + "/" + q.Name
	a.peaks[k] = quota.Max(a.peaks[k], q.Status.Used)
}

// Peak is the most of each resource that a ResourceQuota's status has shown.
func (a *Admission) Peak(q *v1.ResourceQuota) v1.ResourceList { return a.peaks[q.Namespace+"/"+q.Name] }

// Quotas are all ResourceQuotas with their status, by namespace and name. They
// are read-only.
func (a *Admission) Quotas() []*v1.ResourceQuota {
	var list []*v1.ResourceQuota
	for _, namespace := range slices.Sorted(maps.Keys(a.quotas)) {
		list = append(list, a.quotas[namespace]...)
	}
	return list
}
