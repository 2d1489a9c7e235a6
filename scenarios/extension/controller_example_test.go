package extension_test

import (
	"context"
	"fmt"
	"testing/fstest"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// Sandboxes keeps some pods ready for agents, as a custom resource does.
type Sandboxes struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Warm     int32              `json:"warm"`
		Template v1.PodTemplateSpec `json:"template"`
	} `json:"spec"`
}

func (s *Sandboxes) DeepCopyObject() runtime.Object {
	c := *s
	s.ObjectMeta.DeepCopyInto(&c.ObjectMeta)
	s.Spec.Template.DeepCopyInto(&c.Spec.Template)
	return &c
}

var sandboxes = schema.GroupVersionKind{Group: "agents.example.com", Version: "v1", Kind: "Sandboxes"}

// operator makes the pods of Sandboxes, and new ones for those that are gone.
type operator struct {
	*manager.Parts
	manager.Controller
	keys  map[types.UID]*manager.Key
	names map[types.UID]*apiserver.Names
}

func newOperator(p *manager.Parts) (manager.Component, error) {
	return &operator{
		Parts:      p,
		Controller: p.Server.NewController(manager.Options{Workers: 1, Latency: 20 * time.Millisecond}),
		keys:       map[types.UID]*manager.Key{}, names: map[types.UID]*apiserver.Names{},
	}, nil
}

func (c *operator) Start(sim.Time) {}
func (c *operator) Close(sim.Time) {}

// Changed is told of each write of an object but pods.
func (c *operator) Changed(change apiserver.Change) {
	s, is := change.Object().(*Sandboxes)
	switch {
	case !is:
	case change.New == nil:
		c.keys[s.UID].Drop()
		delete(c.keys, s.UID)
	case c.keys[s.UID] == nil:
		key := &manager.Key{}
		key.Init(c.Queue, func(now sim.Time) { c.reconcile(now, s.Namespace, s.Name) })
		c.keys[s.UID], c.names[s.UID] = key, c.Names(kinds.KeyOf(s), s.Namespace)
		key.Add()
	default:
		c.keys[s.UID].Add()
	}
}

// PodChanged is told of each write of a pod.
func (c *operator) PodChanged(change apiserver.PodChange) {
	if key := c.keys[change.Pod.Owner()]; key != nil && change.New == nil {
		key.Add()
	}
}

// reconcile makes the pods that are missing.
func (c *operator) reconcile(now sim.Time, namespace, name string) {
	s, is := c.Get(sandboxes.Kind, namespace, name).(*Sandboxes)
	if !is {
		return
	}
	missing := int(s.Spec.Warm) - len(c.PodsOf(s.UID))
	c.WriteAll(max(0, missing), func(_ int, at sim.Time) { c.create(s, at) }, func(int, sim.Time) {}, func(sim.Time) {
		c.keys[s.UID].Done(false)
	})
}

func (c *operator) create(s *Sandboxes, now sim.Time) {
	pod := &v1.Pod{ObjectMeta: *s.Spec.Template.ObjectMeta.DeepCopy(), Spec: *s.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = s.Namespace, c.names[s.UID].Next(s.Name+"-")
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(s, sandboxes)}
	control.AdmitPod(pod, c.UID(), c.Wall(now))
	_, err := c.CreatePod(pod)
	c.Fail(err)
}

// A kind of your own is a row of the table of kinds and a controller. It is read
// from manifests, its pods are scheduled, started and killed like all others, and
// the report tells of them.
func Example_controller() {
	extension := manager.Extension{
		Kinds: []kinds.Kind{{
			GroupVersionKind: sandboxes,
			Resource:         schema.GroupResource{Group: sandboxes.Group, Resource: "sandboxes"},
			Zero:             &Sandboxes{}, Recorded: true,
			Makes:    []string{kinds.Pod},
			Template: func(o kinds.Object) *v1.PodTemplateSpec { return &o.(*Sandboxes).Spec.Template },
			Validate: func(o kinds.Object) field.ErrorList {
				if n := o.(*Sandboxes).Spec.Warm; n < 1 {
					return field.ErrorList{field.Invalid(field.NewPath("spec", "warm"), n, "must be at least 1")}
				}
				return nil
			},
		}},
		New: newOperator,
	}
	files := fstest.MapFS{"s.yaml": {Data: []byte(warmPods)}}
	spec, err := scenarios.Load("s.yaml", scenarios.Options{FS: files, Extensions: []manager.Extension{extension}})
	if err != nil {
		fmt.Println(err)
		return
	}
	builder := report.NewBuilder()
	if err := replicate.Run(context.Background(), spec, 1, nil, builder.Add); err != nil {
		fmt.Println(err)
		return
	}
	result, err := builder.Result()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range result.Pods {
		made, ready := time.Duration(p.Created).Round(time.Second), time.Duration(*p.Ready).Round(time.Second)
		fmt.Printf("%s made a pod at %s, Ready at %s; deleted: %q\n", p.Owner, made, ready, p.Deleted)
	}
	// Output:
	// default/Sandboxes/python made a pod at 0s, Ready at 1s; deleted: "evicted"
	// default/Sandboxes/python made a pod at 0s, Ready at 1s; deleted: "evicted"
	// default/Sandboxes/python made a pod at 10m1s, Ready at 12m1s; deleted: ""
	// default/Sandboxes/python made a pod at 10m1s, Ready at 12m1s; deleted: ""
}

const warmPods = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
replications: 1
duration: 30m
cluster:
  pools: [{name: cpu, count: 1, instanceType: aws/m7i.large}]
manifests:
- apiVersion: agents.example.com/v1
  kind: Sandboxes
  metadata: {name: python}
  spec:
    warm: 2
    template:
      spec:
        containers: [{name: shell, image: "python:3", resources: {requests: {memory: 256Mi}, limits: {memory: 512Mi}}}]
workloads:
- target: Sandboxes/python
  start: 2s
  memory: {base: 100Mi}
timeline:
- {at: 10m, drain: {node: cpu-0, force: true}}
- {at: 12m, uncordon: {node: cpu-0}}
`
