package nodelifecycle

import (
	"math"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	v1helper "k8s.io/kubernetes/pkg/apis/core/v1/helper"
	"k8s.io/utils/ptr"
)

// defaultTolerationSeconds is --default-not-ready-toleration-seconds and
// --default-unreachable-toleration-seconds of kube-apiserver.
const defaultTolerationSeconds = 300

// DefaultTolerations is a pod's tolerations after admission: it tolerates a
// node that is not ready or unreachable for 300 s unless it says otherwise
// (plugin/pkg/admission/defaulttolerationseconds). The pod is only read.
func DefaultTolerations(pod *v1.Pod) []v1.Toleration {
	list := slices.Clone(pod.Spec.Tolerations)
	for _, key := range []string{v1.TaintNodeNotReady, v1.TaintNodeUnreachable} {
		says := func(t v1.Toleration) bool {
			return (t.Key == key || t.Key == "") && (t.Effect == v1.TaintEffectNoExecute || t.Effect == "")
		}
		if !slices.ContainsFunc(pod.Spec.Tolerations, says) {
			list = append(list, v1.Toleration{Key: key, Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute,
				TolerationSeconds: ptr.To[int64](defaultTolerationSeconds)})
		}
	}
	return list
}

// Tolerance is when a pod has to leave a node that got taints at some time, or
// that it never has to. Only taints of effect NoExecute count. A pod that does
// not tolerate one of them leaves at once; else the least tolerationSeconds of
// the tolerations in use counts, the first that matches each taint
// (taint_eviction.go, getMinTolerationTime).
func Tolerance(pod *v1.Pod, taints []v1.Taint, since time.Time) (evictAt time.Time, never bool) {
	taints = noExecute(taints)
	if len(taints) == 0 {
		return time.Time{}, true
	}
	if all, d := minToleration(pod, taints); !all {
		return since, false
	} else if d != forever {
		return since.Add(d), false
	}
	return time.Time{}, true
}

const forever time.Duration = -1

// minToleration is how long a pod tolerates NoExecute taints; all is false when
// it doesn't tolerate one of them at all.
func minToleration(pod *v1.Pod, taints []v1.Taint) (all bool, d time.Duration) {
	all, used := v1helper.GetMatchingTolerations(klog.Logger{}, taints, pod.Spec.Tolerations)
	least := int64(math.MaxInt64)
	for _, t := range used {
		if t.TolerationSeconds != nil {
			least = min(least, max(0, *t.TolerationSeconds))
		}
	}
	if least == math.MaxInt64 {
		return all, forever
	}
	return all, time.Duration(least) * time.Second
}

func noExecute(taints []v1.Taint) []v1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t v1.Taint) bool { return t.Effect != v1.TaintEffectNoExecute })
}
