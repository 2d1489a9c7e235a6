package admission

import (
	"fmt"
	"math/rand/v2"

	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomAmounts(r *rand.Rand, chance float64, most int, names ...v1.ResourceName) v1.ResourceList {
	list := v1.ResourceList{}
	for _, name := range names {
		if r.Float64() > chance {
			continue
		}
		n := int64(1 + r.IntN(most))
		switch name {
		case "cpu", "requests.cpu", "limits.cpu":
			list[name] = *resource.NewMilliQuantity(100*n, resource.DecimalSI)
		case "pods", "count/pods", "nvidia.com/gpu", "requests.nvidia.com/gpu":
			list[name] = *resource.NewQuantity(n, resource.DecimalSI)
		default:
			list[name] = *resource.NewQuantity(n<<27, resource.BinarySI)
		}
	}
	return list
}

// randomPolicies are LimitRanges, quotas, a RuntimeClass and PriorityClasses of
// the namespace team; one of each kind at most is there twice, since of two
// that refuse the same pod upstream names either.
func randomPolicies(r *rand.Rand) []runtime.Object {
	never := v1.PreemptNever
	list := []runtime.Object{
		&schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "high"}, Value: 1000},
		&nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "kata"}, Handler: "kata",
			Overhead: &nodev1.Overhead{PodFixed: amounts("cpu", "100m", "memory", "128Mi")},
			Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"runtime": "kata"},
				Tolerations: []v1.Toleration{{Key: "kata", Operator: v1.TolerationOpExists}}}},
		&nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "plain"}, Handler: "runc"},
	}
	if r.IntN(2) == 0 {
		list = append(list, &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "usual"}, Value: 10,
			GlobalDefault: true, PreemptionPolicy: &never})
	}
	if r.IntN(3) > 0 {
		list = append(list, newLimits("limits", randomLimit(r, v1.LimitTypeContainer), randomLimit(r, v1.LimitTypePod)))
	}
	if r.IntN(4) > 0 {
		q := newQuota("quota", randomAmounts(r, 0.5, 30, "pods", "count/pods", "cpu", "memory", "requests.cpu", "limits.cpu",
			"requests.memory", "limits.memory", "requests.nvidia.com/gpu", "requests.ephemeral-storage"))
		switch r.IntN(6) {
		case 0:
			q.Spec.Scopes = []v1.ResourceQuotaScope{oneOf(r, v1.ResourceQuotaScopeBestEffort, v1.ResourceQuotaScopeNotBestEffort,
				v1.ResourceQuotaScopeTerminating, v1.ResourceQuotaScopeNotTerminating)}
		case 1:
			q.Spec.ScopeSelector = &v1.ScopeSelector{MatchExpressions: []v1.ScopedResourceSelectorRequirement{{
				ScopeName: v1.ResourceQuotaScopePriorityClass, Operator: oneOf(r, v1.ScopeSelectorOpIn, v1.ScopeSelectorOpNotIn),
				Values: []string{"high"},
			}}}
		case 2:
			q.Spec.Scopes = []v1.ResourceQuotaScope{v1.ResourceQuotaScopePriorityClass}
		}
		list = append(list, q)
	}
	return list
}

func randomLimit(r *rand.Rand, kind v1.LimitType) v1.LimitRangeItem {
	item := v1.LimitRangeItem{Type: kind}
	names := []v1.ResourceName{"cpu", "memory", "ephemeral-storage"}
	if r.IntN(2) == 0 {
		item.Min = randomAmounts(r, 0.4, 4, names...)
	}
	if r.IntN(2) == 0 {
		item.Max = randomAmounts(r, 0.4, 20, names...)
	}
	if r.IntN(3) == 0 {
		item.MaxLimitRequestRatio = v1.ResourceList{"cpu": *resource.NewQuantity(int64(1+r.IntN(4)), resource.DecimalSI)}
	}
	if kind == v1.LimitTypeContainer {
		if r.IntN(2) == 0 {
			item.Default = randomAmounts(r, 0.6, 10, names...)
		}
		if r.IntN(2) == 0 {
			item.DefaultRequest = randomAmounts(r, 0.6, 6, names...)
		}
	}
	return item
}

func randomPod(r *rand.Rand, i int) *v1.Pod {
	return newPod(fmt.Sprintf("web-%d", i), func(p *v1.Pod) {
		if r.IntN(2) == 0 {
			p.GenerateName = "web-"
		}
		container := func(name string) v1.Container {
			c := v1.Container{Name: name, Image: "app"}
			names := []v1.ResourceName{"cpu", "memory", "ephemeral-storage"}
			c.Resources.Requests = randomAmounts(r, 0.6, 6, names...)
			c.Resources.Limits = v1.ResourceList{}
			for name, value := range randomAmounts(r, 0.5, 12, names...) {
				if request, set := c.Resources.Requests[name]; set && value.Cmp(request) < 0 {
					value = request
				}
				c.Resources.Limits[name] = value
			}
			if r.IntN(5) == 0 {
				c.Resources.Limits["nvidia.com/gpu"] = *resource.NewQuantity(int64(1+r.IntN(3)), resource.DecimalSI)
			}
			return c
		}
		p.Spec.Containers = []v1.Container{container("main")}
		if r.IntN(3) == 0 {
			p.Spec.Containers = append(p.Spec.Containers, container("second"))
		}
		if r.IntN(3) == 0 {
			c := container("init")
			if r.IntN(2) == 0 {
				c.RestartPolicy = ptr.To(v1.ContainerRestartPolicyAlways)
			}
			p.Spec.InitContainers = []v1.Container{c}
		}
		if r.IntN(6) == 0 {
			// Enough for all containers: pods come here as valid as their template.
			p.Spec.Resources = &v1.ResourceRequirements{Requests: amounts("cpu", "5", "memory", "5Gi")}
		}
		if r.IntN(4) == 0 {
			p.Spec.ActiveDeadlineSeconds = ptr.To[int64](60)
		}
		p.Spec.PriorityClassName = oneOf(r, "", "", "", "high", "usual")
		if r.IntN(4) == 0 {
			p.Spec.RuntimeClassName = ptr.To(oneOf(r, "kata", "plain", "missing"))
		}
		if r.IntN(5) == 0 {
			p.Spec.NodeSelector = map[string]string{"runtime": oneOf(r, "kata", "runc")}
		}
		if r.IntN(10) == 0 {
			p.Spec.Overhead = amounts("cpu", "100m", "memory", "128Mi")
		}
	})
}
