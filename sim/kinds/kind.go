package kinds

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Object is an object of the API.
type Object interface {
	runtime.Object
	metav1.Object
}

// Several is a Go type whose objects are of several kinds, which they name themselves.
type Several interface{ KindName() string }

// Kind is what is known of all objects of a kind. Functions that take an Object
// are only called with one of the kind.
type Kind struct {
	schema.GroupVersionKind
	// Resource is the kind as the API server calls it in paths and answers.
	Resource schema.GroupResource
	// Short is what kubectl calls the resource for short, such as deploy; "" for nothing.
	Short string
	// Zero is an empty object: its Go type is how objects of the kind are known, unless
	// they are Several.
	Zero Object
	// Read turns an object as people write it into the JSON of Zero, and says how they
	// write a field of Zero; nil when they write it as Zero is. It is only asked for
	// kinds of extensions.
	Read func(data []byte) (zero []byte, written func(field string) string, err error)

	// ClusterScoped says that its objects have no namespace.
	ClusterScoped bool
	// Policy says that the admission of other objects reads it, so that those of
	// several objects that are applied together come first.
	Policy bool
	// Recorded says that the records of a run can tell of its objects.
	Recorded bool
	// Stays says that no step deletes its objects: a machine goes by a step of its
	// own, and what goes with a namespace is not simulated.
	Stays bool
	// EndsByItself says that its pods are to end by themselves.
	EndsByItself bool
	// Numbered says that its pods have ordinals.
	Numbered bool
	// Apart says that the UIDs of its objects are counted apart from those of others:
	// nothing refers to them, and one more Secret does not change the UIDs of pods,
	// which messages name.
	Apart bool
	// AssumedThere says that an object of this kind which no manifest has, but a
	// pod names, is taken to exist until a step deletes it.
	AssumedThere bool

	// Validate is what the API server's strategy has against an object with its
	// defaults, nil for nothing. It is only asked for kinds of extensions: manifests
	// of Kubernetes' own are validated by Kubernetes' code.
	Validate func(Object) field.ErrorList
	// Also names further objects that records can tell of when there is this one, as
	// Kind/namespace/name; nil for none.
	Also func(Object) []string
	// Makes are the kinds of the objects that its controller makes, directly or
	// through others.
	Makes []string
	// Template is the template of its pods; nil for a kind that makes none.
	Template func(Object) *v1.PodTemplateSpec
	// Claims are the templates of claims of which each of its pods gets its own; nil for
	// none.
	Claims func(Object) []v1.PersistentVolumeClaim
	// Selector selects its pods; nil for a kind without one that people write. A kind
	// with a scale subresource has one.
	Selector func(Object) *metav1.LabelSelector
	// Scale is its scale subresource, nil for a kind that has none.
	Scale *Scale
	// Verbs are what kubectl can do to it.
	Verbs Verbs

	// PerNode says that each node is to have one of its pods, wherever others go.
	PerNode bool
	// PodFinalizer is the finalizer with which its controller holds its pods until
	// it has counted them, "" for none.
	PodFinalizer string
	// Revision is what records tell the templates of its pods apart by. owner is
	// the object of this kind, top the workload that it belongs to. nil stands for
	// the label pod-template-hash or controller-revision-hash.
	Revision func(pod *v1.Pod, owner, top Object) string
	// Target is the node that a pod is made for, "" for any. nil stands for any.
	Target func(pod *v1.Pod) string
}

// Scale is how the size of a workload is read and written.
type Scale struct {
	// Replicas is spec.replicas.
	Replicas func(Object) **int32
	// Current is status.replicas.
	Current func(Object) int32
}

// Verbs are the commands of kubectl beyond those that every kind takes.
type Verbs struct {
	// Scale is kubectl scale, SetTemplate kubectl set image and set resources.
	Scale, SetTemplate bool
	// Rollout is kubectl rollout undo and restart, Pause kubectl rollout pause and
	// resume.
	Rollout, Pause bool
}

// Key is the name of an object within its kind: namespace/name.
func Key(namespace, name string) string { return namespace + "/" + name }

// KeyOf is the key of an object.
func KeyOf(o metav1.Object) string { return Key(o.GetNamespace(), o.GetName()) }

// WorkloadKey is how records name a workload: namespace/Kind/name.
func WorkloadKey(namespace, kind, name string) string { return namespace + "/" + kind + "/" + name }
