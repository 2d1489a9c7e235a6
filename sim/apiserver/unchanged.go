package apiserver

import (
	"reflect"

	apiequality "k8s.io/apimachinery/pkg/api/equality"

	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// unchanged reports whether a write changes nothing. The API server answers it as
// any other, but the object that was stored stays, with its resource version, and no
// watcher is told (apiserver/pkg/storage/etcd3/store.go, GuaranteedUpdate).
//
// Most writes are of the status, the last field of an object, so the fields are compared
// from the last to the first: a difference there spares the comparison of the template.
func unchanged(old, next kinds.Object) bool {
	a, b := reflect.ValueOf(old), reflect.ValueOf(next)
	if a.Type() != b.Type() || a.Kind() != reflect.Pointer || a.Elem().Kind() != reflect.Struct {
		return apiequality.Semantic.DeepEqual(old, next)
	}
	a, b = a.Elem(), b.Elem()
	for i := a.NumField() - 1; i >= 0; i-- {
		if !a.Type().Field(i).IsExported() {
			return apiequality.Semantic.DeepEqual(old, next)
		}
		if !apiequality.Semantic.DeepEqual(a.Field(i).Addr().Interface(), b.Field(i).Addr().Interface()) {
			return false
		}
	}
	return true
}
