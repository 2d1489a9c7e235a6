package sched

import (
	"reflect"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// informer is a shared informer without a watch: a change is stored and
// delivered to every handler before the call returns, on the caller's
// goroutine. Upstream's own event handlers thus keep its cache, its queue and
// the caches of its plugins up to date. The embedded informer never runs; it
// holds the store.
type informer struct {
	cache.SharedIndexInformer
	handlers []cache.ResourceEventHandler
	// outOfClasses says that it is of one of the kinds of that name.
	outOfClasses bool
}

func newInformer(prototype runtime.Object) *informer {
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	return &informer{SharedIndexInformer: cache.NewSharedIndexInformer(&cache.ListWatch{}, prototype, 0, indexers)}
}

// AddEventHandler implements cache.SharedInformer.
func (i *informer) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	i.handlers = append(i.handlers, h)
	return synced{}, nil
}

// AddEventHandlerWithResyncPeriod implements cache.SharedInformer. Nothing is
// resynced: upstream's scheduler asks for no period either.
func (i *informer) AddEventHandlerWithResyncPeriod(h cache.ResourceEventHandler, _ time.Duration) (
	cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandler(h)
}

// AddEventHandlerWithOptions implements cache.SharedInformer.
func (i *informer) AddEventHandlerWithOptions(h cache.ResourceEventHandler, _ cache.HandlerOptions) (
	cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandler(h)
}

// HasSynced implements cache.SharedInformer.
func (i *informer) HasSynced() bool { return true }

// HasSyncedChecker implements cache.SharedInformer.
func (i *informer) HasSyncedChecker() cache.DoneChecker { return synced{} }

// stored is the object with obj's name, nil when there is none.
func (i *informer) stored(obj any) any {
	old, exists, err := i.GetIndexer().Get(obj)
	if err != nil || !exists {
		return nil
	}
	return old
}

// add stores obj and tells the handlers of seen, which is how the scheduler
// is to see obj.
func (i *informer) add(obj, seen any) {
	mustStore(i.GetIndexer().Add(obj))
	for _, h := range i.handlers {
		h.OnAdd(seen, false)
	}
}

func (i *informer) update(obj, oldSeen, seen any) {
	mustStore(i.GetIndexer().Update(obj))
	for _, h := range i.handlers {
		h.OnUpdate(oldSeen, seen)
	}
}

func (i *informer) remove(obj, seen any) {
	mustStore(i.GetIndexer().Delete(obj))
	for _, h := range i.handlers {
		h.OnDelete(seen)
	}
}

// mustStore: a store refuses only what has no metadata, which no API type is.
func mustStore(err error) {
	if err != nil {
		panic("sched: " + err.Error())
	}
}

// synced is the registration of a handler that never lags.
type synced struct{}

var closedChannel = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (synced) HasSynced() bool                       { return true }
func (s synced) HasSyncedChecker() cache.DoneChecker { return s }
func (synced) Name() string                          { return "virtual time" }
func (synced) Done() <-chan struct{}                 { return closedChannel }

// watched are the kinds that the in-tree plugins look at, and those that
// out-of-tree ones are likely to.
func watched() []runtime.Object {
	return append(outOfClasses(), &v1.Pod{}, &v1.Node{},
		&v1.PersistentVolume{}, &v1.PersistentVolumeClaim{}, &schedulingv1.PriorityClass{},
		&storagev1.StorageClass{}, &storagev1.CSINode{}, &storagev1.CSIDriver{}, &storagev1.CSIStorageCapacity{},
		&storagev1.VolumeAttachment{}, &resourcev1.DeviceClass{})
}

// outOfClasses are the kinds at which no filter or score looks that is kept for a class
// of pods: owners, budgets and namespaces, and devices, since pods that claim some are in no
// class. A DeviceClass can stand for a resource that others ask for.
func outOfClasses() []runtime.Object {
	return []runtime.Object{
		&v1.Namespace{}, &v1.Service{}, &v1.ReplicationController{}, &v1.ConfigMap{},
		&appsv1.Deployment{}, &appsv1.ReplicaSet{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &batchv1.Job{},
		&policyv1.PodDisruptionBudget{},
		&resourcev1.ResourceClaim{}, &resourcev1.ResourceClaimTemplate{}, &resourcev1.ResourceSlice{},
	}
}

// informerSet is a shared informer factory whose informers are ours.
type informerSet struct {
	informers.SharedInformerFactory
	byType map[reflect.Type]*informer
}

func newInformerSet(client kubernetes.Interface) *informerSet {
	s := &informerSet{
		SharedInformerFactory: informers.NewSharedInformerFactory(client, 0),
		byType:                map[reflect.Type]*informer{},
	}
	for _, prototype := range watched() {
		inf := newInformer(prototype)
		s.byType[reflect.TypeOf(prototype)] = inf
		s.InformerFor(prototype, func(kubernetes.Interface, time.Duration) cache.SharedIndexInformer { return inf })
	}
	for _, prototype := range outOfClasses() {
		s.of(prototype).outOfClasses = true
	}
	return s
}

// of is the informer of obj's kind, nil when nothing looks at that kind.
func (s *informerSet) of(obj runtime.Object) *informer { return s.byType[reflect.TypeOf(obj)] }
