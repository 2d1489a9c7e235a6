package manifest

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// longestSeconds is ten years, in seconds. A run lasts a year at the most: what
// waits longer waits for ever, and a larger number overflows in nanoseconds.
const longestSeconds = 10 * 366 * 24 * 3600

// shorten bounds the spans of an object that are whole seconds, such as
// terminationGracePeriodSeconds: 9223372036854775807, by ten years.
func shorten(o runtime.Object) { shortenIn(reflect.ValueOf(o)) }

func shortenIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			shortenIn(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			shortenIn(v.Index(i))
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "k8s.io/apimachinery/pkg/apis/meta/v1" {
			return
		}
		for i := range v.NumField() {
			field := v.Field(i)
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if strings.HasSuffix(v.Type().Field(i).Name, "Seconds") {
				shortenSeconds(field)
				continue
			}
			shortenIn(field)
		}
	}
}

func shortenSeconds(v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Int64 && v.Int() > longestSeconds {
		v.SetInt(longestSeconds)
	}
}

// MaxStatefulSet is the most replicas of a StatefulSet. Kubernetes' controller,
// which plays it, keeps a place for each, made or not.
const MaxStatefulSet = 100_000

// MostReplicas is the most replicas that a workload of a kind can have.
func MostReplicas(kind string) int {
	if kind == "StatefulSet" {
		return MaxStatefulSet
	}
	return math.MaxInt32
}

// tooMany is the field of an object that asks for more than can be held, and why.
func tooMany(o runtime.Object) (field, message string) {
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		if n := *o.Spec.Replicas; n > MaxStatefulSet {
			return "spec.replicas",
				fmt.Sprintf("must be at most %d: the controller of StatefulSets keeps a place for each, got %d", MaxStatefulSet, n)
		}
	case *autoscalingv2.HorizontalPodAutoscaler:
		if n := o.Spec.MinReplicas; n != nil && o.Spec.ScaleTargetRef.Kind == "StatefulSet" && *n > MaxStatefulSet {
			return "spec.minReplicas", fmt.Sprintf("must be at most %d for a StatefulSet, got %d", MaxStatefulSet, *n)
		}
	}
	return "", ""
}

// showControls makes control characters of what is printed of an object visible:
// the images of its containers, which may be any text.
func showControls(spec *v1.PodSpec) {
	for _, list := range [][]v1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			list[i].Image = Visible(list[i].Image)
		}
	}
}
