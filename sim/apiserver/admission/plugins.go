package admission

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	upstream "k8s.io/apiserver/pkg/admission"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	nodeclient "k8s.io/client-go/kubernetes/typed/node/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	volumehelper "k8s.io/component-helpers/storage/volume"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulinghelper "k8s.io/kubernetes/pkg/apis/scheduling/v1"
	volumeutil "k8s.io/kubernetes/pkg/volume/util"
	"k8s.io/kubernetes/plugin/pkg/admission/defaulttolerationseconds"
	"k8s.io/kubernetes/plugin/pkg/admission/priority"
	"k8s.io/kubernetes/plugin/pkg/admission/runtimeclass"
)

// plugins are upstream's, on stores that are filled by hand: informers that
// never run.
type plugins struct {
	priority     *priority.Plugin
	tolerations  *defaulttolerationseconds.Plugin
	runtimeClass *runtimeclass.RuntimeClass

	priorityClasses, runtimeClasses, storageClasses cache.Indexer

	defaultClass storagelisters.StorageClassLister
}

func newPlugins() (plugins, error) {
	factory := informers.NewSharedInformerFactory(noServer{}, 0)
	p := plugins{
		priority:        priority.NewPlugin(),
		tolerations:     defaulttolerationseconds.NewDefaultTolerationSeconds(),
		runtimeClass:    runtimeclass.NewRuntimeClass(),
		priorityClasses: factory.Scheduling().V1().PriorityClasses().Informer().GetIndexer(),
		runtimeClasses:  factory.Node().V1().RuntimeClasses().Informer().GetIndexer(),
		storageClasses:  factory.Storage().V1().StorageClasses().Informer().GetIndexer(),
		defaultClass:    factory.Storage().V1().StorageClasses().Lister(),
	}
	p.priority.SetExternalKubeInformerFactory(factory)
	p.priority.SetExternalKubeClientSet(noServer{})
	p.tolerations.InspectFeatureGates(utilfeature.DefaultFeatureGate)
	p.runtimeClass.SetExternalKubeInformerFactory(factory)
	p.runtimeClass.SetExternalKubeClientSet(noServer{})
	for _, plugin := range []interface{ ValidateInitialization() error }{p.priority, p.tolerations, p.runtimeClass} {
		if err := plugin.ValidateInitialization(); err != nil {
			return p, fmt.Errorf("admission: %w", err)
		}
	}
	for _, class := range schedulinghelper.SystemPriorityClasses() {
		put(p.priorityClasses, class)
	}
	return p, nil
}

// admitClaim gives a claim that names no StorageClass the default one
// (plugin/pkg/admission/storage/storageclass/setdefault).
func (p *plugins) admitClaim(claim *v1.PersistentVolumeClaim) error {
	if volumehelper.PersistentVolumeClaimHasClass(claim) {
		return nil
	}
	class, err := volumeutil.GetDefaultClass(p.defaultClass)
	if class != nil {
		claim.Spec.StorageClassName = &class.Name
	}
	return err
}

// admitPriorityClass refuses a second default class.
func (p *plugins) admitPriorityClass(class *schedulingv1.PriorityClass) error {
	internal := &scheduling.PriorityClass{}
	if err := schedulinghelper.Convert_v1_PriorityClass_To_scheduling_PriorityClass(class, internal, nil); err != nil {
		return &Refusal{err: apierrors.NewBadRequest(err.Error())}
	}
	operation := upstream.Create
	if _, exists, err := p.priorityClasses.GetByKey(class.Name); err == nil && exists {
		operation = upstream.Update
	}
	attributes := upstream.NewAttributesRecord(internal, nil, schema.GroupVersionKind{}, "", class.Name,
		scheduling.Resource("priorityclasses").WithVersion("v1"), "", operation, nil, false, nil)
	if err := p.priority.Validate(context.Background(), attributes, nil); err != nil {
		return &Refusal{err: err}
	}
	return nil
}

// put stores an object; a store refuses only what has no metadata, which no API
// type is.
func put(store cache.Indexer, o any) {
	if err := store.Update(o); err != nil {
		panic("admission: " + err.Error())
	}
}

// drop takes a cluster-scoped object out of a store.
func drop(store cache.Indexer, name string) bool {
	o, exists, err := store.GetByKey(name)
	if err != nil || !exists {
		return false
	}
	if err := store.Delete(o); err != nil {
		panic("admission: " + err.Error())
	}
	return true
}

// noServer is the API server that the RuntimeClass plugin asks for a class
// that its store does not have: here the store is never behind.
type noServer struct{ kubernetes.Interface }

// NodeV1 implements kubernetes.Interface.
func (noServer) NodeV1() nodeclient.NodeV1Interface { return noNodeServer{} }

type noNodeServer struct{ nodeclient.NodeV1Interface }

// RuntimeClasses implements nodeclient.RuntimeClassesGetter.
func (noNodeServer) RuntimeClasses() nodeclient.RuntimeClassInterface { return noRuntimeClasses{} }

type noRuntimeClasses struct {
	nodeclient.RuntimeClassInterface
}

// Get implements nodeclient.RuntimeClassInterface.
func (noRuntimeClasses) Get(_ context.Context, name string, _ metav1.GetOptions) (*nodev1.RuntimeClass, error) {
	return nil, apierrors.NewNotFound(nodev1.Resource("runtimeclasses"), name)
}
