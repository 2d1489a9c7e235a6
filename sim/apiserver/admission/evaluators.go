package admission

import (
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/utils/clock"
)

// evaluators say what of the resources of a ResourceQuota an object uses, and
// all objects of a namespace together. They are upstream's.
type evaluators struct {
	quota.Registry
	others quota.Registry // all but that of pods
}

// aliases are the resources with an older name for their count
// (pkg/quota/v1/evaluator/core/registry.go, legacyObjectCountAliases).
var aliases = map[string]v1.ResourceName{
	"configmaps":             v1.ResourceConfigMaps,
	"resourcequotas":         v1.ResourceQuotas,
	"replicationcontrollers": v1.ResourceReplicationControllers,
	"secrets":                v1.ResourceSecrets,
}

// newEvaluators has upstream's own evaluators, and counts the objects of all other
// resources, as the quota controller does with what it discovers
// (resource_quota_monitor.go, SyncMonitors).
func newEvaluators(now func() time.Time, list Lister, namespaced []schema.GroupResource) evaluators {
	lister := func(gvr schema.GroupVersionResource) (cache.GenericLister, error) {
		return namespaces{list: list, resource: gvr.GroupResource()}, nil
	}
	all := []quota.Evaluator{
		core.NewPodEvaluator(lister, virtual{now: now}),
		core.NewServiceEvaluator(lister),
		core.NewPersistentVolumeClaimEvaluator(lister),
	}
	counted := slices.Clone(namespaced)
	for name := range aliases {
		counted = append(counted, schema.GroupResource{Resource: name})
	}
	for _, gr := range counted {
		if !slices.ContainsFunc(all, func(e quota.Evaluator) bool { return e.GroupResource() == gr }) {
			list := generic.ListResourceUsingListerFunc(lister, gr.WithVersion(""))
			all = append(all, generic.NewObjectCountEvaluator(gr, list, aliases[gr.String()]))
		}
	}
	return evaluators{generic.NewRegistry(all), generic.NewRegistry(all[1:])}
}

// virtual is upstream's clock at simulated time; no more of it is asked for
// than the time.
type virtual struct {
	clock.Clock
	now func() time.Time
}

// Now implements clock.Clock.
func (c virtual) Now() time.Time { return c.now() }

// namespaces is a lister of one resource by way of a Lister. Upstream's
// evaluators list a namespace's objects, and nothing else.
type namespaces struct {
	list      Lister
	resource  schema.GroupResource
	namespace string
}

// List implements cache.GenericLister and cache.GenericNamespaceLister.
func (n namespaces) List(labels.Selector) ([]runtime.Object, error) {
	return n.list(n.resource, n.namespace), nil
}

// Get implements cache.GenericLister and cache.GenericNamespaceLister.
func (n namespaces) Get(name string) (runtime.Object, error) {
	return nil, fmt.Errorf("admission: %s %q: only lists are asked for", n.resource, name)
}

// ByNamespace implements cache.GenericLister.
func (n namespaces) ByNamespace(namespace string) cache.GenericNamespaceLister {
	n.namespace = namespace
	return n
}
