package hpa

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

// groups are the pods by how their values are taken (replica_calculator.go,
// groupPods).
type groups struct {
	ready                     int
	unready, missing, ignored sets.Set[string]
}

func group(cfg Config, pods []*v1.Pod, values metrics.PodMetricsInfo, resource v1.ResourceName, now time.Time) groups {
	g := groups{unready: sets.New[string](), missing: sets.New[string](), ignored: sets.New[string]()}
	for _, pod := range pods {
		value, known := values[pod.Name]
		switch {
		case pod.DeletionTimestamp != nil || pod.Status.Phase == v1.PodFailed:
			g.ignored.Insert(pod.Name)
		case pod.Status.Phase == v1.PodPending:
			g.unready.Insert(pod.Name)
		case !known:
			g.missing.Insert(pod.Name)
		case resource == v1.ResourceCPU && warming(cfg, pod, value, now):
			g.unready.Insert(pod.Name)
		default:
			g.ready++
		}
	}
	return g
}

// warming is whether the CPU use of a pod says nothing about its load yet.
func warming(cfg Config, pod *v1.Pod, value metrics.PodMetric, now time.Time) bool {
	_, ready := podutil.GetPodCondition(&pod.Status, v1.PodReady)
	if ready == nil || pod.Status.StartTime == nil {
		return true
	}
	unready := ready.Status == v1.ConditionFalse
	if pod.Status.StartTime.Add(cfg.CPUInitializationPeriod).After(now) {
		return unready || value.Timestamp.Before(ready.LastTransitionTime.Add(value.Window))
	}
	neverReady := pod.Status.StartTime.Add(cfg.InitialReadinessDelay).After(ready.LastTransitionTime.Time)
	return unready && neverReady
}

func readyPods(pods []*v1.Pod) (n int64) {
	for _, pod := range pods {
		if pod.Status.Phase == v1.PodRunning && podutil.IsPodReady(pod) {
			n++
		}
	}
	return n
}
