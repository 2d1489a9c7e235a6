package oracle

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
)

// owned are the resources that the garbage collector watches: those that own
// others and those that are owned.
var owned = []schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "apps", Version: "v1", Kind: "ReplicaSet"},
	{Group: "apps", Version: "v1", Kind: "StatefulSet"},
	{Group: "apps", Version: "v1", Kind: "DaemonSet"}, {Group: "apps", Version: "v1", Kind: "ControllerRevision"},
	{Group: "batch", Version: "v1", Kind: "CronJob"}, {Group: "batch", Version: "v1", Kind: "Job"},
	{Version: "v1", Kind: "Pod"}, {Version: "v1", Kind: "PersistentVolumeClaim"},
}

// garbage starts the garbage collector. Its client has twice the limit of others
// (cmd/kube-controller-manager/app/core.go).
func (m *manager) garbage(ctx context.Context) {
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, gvk := range owned {
		mapper.Add(gvk, meta.RESTScopeNamespace)
	}
	client, objects, started := m.managed(latencies.Deployment), objectsOf{
		m.wire.server, flowcontrol.NewTokenBucketRateLimiter(2*float32(m.flags.QPS), m.flags.Burst),
		latencies.Deployment - watchTime,
	}, make(chan struct{})
	close(started)
	gc, err := garbagecollector.NewGarbageCollector(ctx, client, objects, resettable{mapper}, nil,
		informerfactory.NewInformerFactory(m.shared, metadatainformer.NewSharedInformerFactory(objects, 0)), started)
	require.NoError(m.t, err)
	m.run(m.flags.Workers.GC, func(ctx context.Context, workers int) { gc.Run(ctx, workers, time.Minute) })
	m.runs = append(m.runs, func(ctx context.Context) { gc.Sync(ctx, served{}, 30*time.Second) })
}

type resettable struct{ meta.RESTMapper }

// Reset implements meta.ResettableRESTMapper.
func (resettable) Reset() {}

// served is what discovery tells.
type served struct {
	discovery.ServerResourcesInterface
}

// ServerPreferredResources implements discovery.ServerResourcesInterface.
func (served) ServerPreferredResources() (lists []*metav1.APIResourceList, err error) {
	for _, gvk := range owned {
		plural, _ := meta.UnsafeGuessKindToResource(gvk)
		lists = append(lists, &metav1.APIResourceList{GroupVersion: gvk.GroupVersion().String(),
			APIResources: []metav1.APIResource{
				{Name: plural.Resource, Kind: gvk.Kind, Namespaced: true, Verbs: metav1.Verbs{"create", "delete", "list", "watch"}},
			}})
	}
	return lists, nil
}

// objectsOf are the server's objects of any kind, by their metadata.
type objectsOf struct {
	server  *server
	limiter flowcontrol.RateLimiter
	write   time.Duration
}

// Resource implements metadata.Interface.
func (o objectsOf) Resource(r schema.GroupVersionResource) metadata.Getter {
	return resourceOf{objectsOf: o, collection: o.server.kinds[r.Group+"/"+r.Version+"/"+r.Resource]}
}

type resourceOf struct {
	objectsOf
	collection *collection
	namespace  string
}

// Namespace implements metadata.Getter.
func (r resourceOf) Namespace(namespace string) metadata.ResourceInterface {
	r.namespace = namespace
	return r
}

func partial(o runtime.Object) *metav1.PartialObjectMetadata {
	p := meta.AsPartialObjectMetadata(accessor(o))
	p.SetGroupVersionKind(o.GetObjectKind().GroupVersionKind())
	return p
}

// Get implements metadata.ResourceInterface.
func (r resourceOf) Get(ctx context.Context, name string, _ metav1.GetOptions,
	_ ...string) (*metav1.PartialObjectMetadata, error) {
	if err := r.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	time.Sleep(time.Millisecond)
	o, err := r.server.get(r.collection, r.namespace, name)
	if err != nil {
		return nil, err
	}
	return partial(o), nil
}

// Delete implements metadata.ResourceInterface.
func (r resourceOf) Delete(ctx context.Context, name string, options metav1.DeleteOptions, _ ...string) error {
	if err := r.limiter.Wait(ctx); err != nil {
		return err
	}
	time.Sleep(r.write)
	defer time.Sleep(callTime - r.write)
	_, err := r.server.remove(r.collection, r.namespace, name, &options)
	return err
}

// Patch implements metadata.ResourceInterface.
func (r resourceOf) Patch(ctx context.Context, name string, kind types.PatchType, data []byte, _ metav1.PatchOptions,
	_ ...string) (*metav1.PartialObjectMetadata, error) {
	if err := r.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	o, err := r.server.patch(place{collection: r.collection, namespace: r.namespace, name: name}, kind, data)
	if err != nil {
		return nil, err
	}
	return partial(o), nil
}

var errUnused = errors.New("the garbage collector has typed informers")

// DeleteCollection implements metadata.ResourceInterface.
func (resourceOf) DeleteCollection(context.Context, metav1.DeleteOptions, metav1.ListOptions) error {
	return errUnused
}

// List implements metadata.ResourceInterface.
func (resourceOf) List(context.Context, metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	return nil, errUnused
}

// Watch implements metadata.ResourceInterface.
func (resourceOf) Watch(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return nil, errUnused
}
