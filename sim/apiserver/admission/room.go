package admission

import (
	"sort"

	v1 "k8s.io/api/core/v1"
	upstream "k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	quota "k8s.io/apiserver/pkg/quota/v1"
)

// Room is how many copies of a pod, at most limit, the ResourceQuotas of its
// namespace would admit one after the other, and the refusal of the first that
// they would not, nil when limit are admitted. The pod is one that Prepare has
// seen; nothing is counted.
func (a *Admission) Room(pod *v1.Pod, limit int) (int, *Refusal) {
	held := a.quotas[pod.Namespace]
	if len(held) == 0 {
		return limit, nil
	}
	r := room{held: held, attributes: attributesOf(pod, pod.Name, pods), evaluator: a.evaluators.Get(pods.GroupResource())}
	// Without an answer the first copy is refused, and it counts for nothing.
	r.first, _ = r.check(copies(held))
	n := sort.Search(limit, func(n int) bool {
		_, err := r.check(r.after(n))
		return err != nil
	})
	if n == limit {
		return limit, nil
	}
	list := r.after(n)
	_, err := r.check(list)
	now := make([]*v1.ResourceQuota, len(list))
	for i := range list {
		now[i] = &list[i]
	}
	return n, a.refusedByQuota(now, r.attributes, r.evaluator, pod, err).(*Refusal)
}

// room is what is asked of the quotas of a namespace. Each copy adds as much to
// what is used as the first, so that after one that they refuse they refuse all.
type room struct {
	held       []*v1.ResourceQuota
	first      []v1.ResourceQuota // with one copy
	attributes upstream.Attributes
	evaluator  quota.Evaluator
}

func (r *room) check(list []v1.ResourceQuota) ([]v1.ResourceQuota, error) {
	return resourcequota.CheckRequest(list, r.attributes, r.evaluator, nil)
}

// after is the quotas with n copies admitted.
func (r *room) after(n int) []v1.ResourceQuota {
	list := copies(r.held)
	if n == 0 {
		return list
	}
	for i := range r.first {
		added := quota.Subtract(r.first[i].Status.Used, list[i].Status.Used)
		for name, value := range added {
			value.Mul(int64(n))
			added[name] = value
		}
		list[i].Status.Used = quota.Add(list[i].Status.Used, added)
	}
	return list
}
