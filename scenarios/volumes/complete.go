package volumes

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
)

// Input is what there is to complete. Assume hears of what nobody gave, Fault of what is
// wrong with a field of the scenario.
type Input struct {
	Given   *wire.Storage
	Objects *objects.Index
	Spec    *cluster.Spec
	Assume  func(format string, arguments ...any)
	Fault   func(field, format string, arguments ...any)
}

// Complete completes the Spec.
func Complete(in Input) {
	c := completion{Input: in}
	c.settings()
	if !c.used() {
		return
	}
	c.classes()
	c.laws()
	c.places()
	c.limits()
}

type completion struct {
	Input
	given []*storagev1.StorageClass // all that there are in the end
}

// used reports whether anything has to do with volumes that are claimed.
func (c *completion) used() (used bool) {
	c.Spec.EachObject(func(o runtime.Object) {
		switch o.(type) {
		case *v1.PersistentVolumeClaim, *v1.PersistentVolume, *storagev1.StorageClass:
			used = true
		}
		_, spec := c.Objects.Kinds.PodsOf(o)
		used = used || len(c.Objects.Kinds.ClaimsOf(o)) > 0 || spec != nil && slices.ContainsFunc(spec.Volumes, claimed)
	})
	return used
}

func claimed(v v1.Volume) bool { return v.PersistentVolumeClaim != nil || v.Ephemeral != nil }

// classes adds the StorageClasses of the provider, if nobody gives a default one.
func (c *completion) classes() {
	names, byDefault := map[string]bool{}, ""
	for _, o := range c.Spec.Objects {
		if class, is := o.(*storagev1.StorageClass); is {
			names[class.Name] = true
			c.given = append(c.given, class)
		}
	}
	byDefault = decide.DefaultClass(c.given)
	provider, assumed := c.Given.Classes, false
	if provider == "" && byDefault == "" {
		provider, assumed = c.provider(), true
	}
	var list []*storagev1.StorageClass
	for _, class := range providers[provider] {
		if o := class.object(); !names[o.Name] {
			list = append(list, o)
		}
	}
	c.given = append(c.given, list...)
	c.chooseDefault(list, assumed)
	var added []runtime.Object
	for _, o := range list {
		added = append(added, o)
	}
	c.Spec.Objects = append(added, c.Spec.Objects...)
	if byDefault = decide.DefaultClass(c.given); assumed && byDefault != "" && c.classless() {
		i := slices.IndexFunc(c.given, func(o *storagev1.StorageClass) bool { return o.Name == byDefault })
		c.Assume("claims that name no StorageClass get %s, as %s (%s, %s); %s", byDefault, origin[provider],
			c.given[i].Provisioner, *c.given[i].VolumeBindingMode, "cluster.storage.classes, or StorageClasses among the manifests")
	}
}

// classless reports whether a claim names no StorageClass.
func (c *completion) classless() (found bool) {
	note := func(spec *v1.PersistentVolumeClaimSpec) { found = found || spec.StorageClassName == nil }
	c.Spec.EachObject(func(o runtime.Object) {
		if claim, is := o.(*v1.PersistentVolumeClaim); is {
			note(&claim.Spec)
		}
		for _, template := range c.Objects.Kinds.ClaimsOf(o) {
			note(&template.Spec)
		}
		if _, spec := c.Objects.Kinds.PodsOf(o); spec != nil {
			for _, v := range spec.Volumes {
				if v.Ephemeral != nil {
					note(&v.Ephemeral.VolumeClaimTemplate.Spec)
				}
			}
		}
	})
	return found
}

// chooseDefault marks the class that claims get which name none. EKS marks none, and so
// where nobody says otherwise its only one is taken.
func (c *completion) chooseDefault(added []*storagev1.StorageClass, assumed bool) {
	want := c.Given.DefaultClass
	if want == nil {
		if assumed && decide.DefaultClass(c.given) == "" && len(added) > 0 {
			markDefault(added[0], true)
		}
		return
	}
	found := *want == ""
	for i, o := range c.given {
		if next := o.DeepCopy(); next.Name == *want || isDefault(next) {
			found = found || next.Name == *want
			markDefault(next, next.Name == *want)
			*c.given[i] = *next
		}
	}
	if !found {
		c.Fault("cluster.storage.defaultClass", "must be a StorageClass of the manifests or of cluster.storage.classes, got %.60q",
			*want)
	}
}

const defaultMark = "storageclass.kubernetes.io/is-default-class"

func isDefault(o *storagev1.StorageClass) bool { return o.Annotations[defaultMark] == "true" }

func markDefault(o *storagev1.StorageClass, yes bool) {
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[defaultMark] = fmt.Sprint(yes)
}

// provider is that of the machines, kind where they are nobody's.
func (c *completion) provider() string {
	for _, n := range c.Spec.Nodes {
		if shape, known := nodes.ShapeOf(n); known {
			if name := ofProvider[shape.Provider]; name != "" {
				return name
			}
		}
		for prefix, name := range ofID {
			if strings.HasPrefix(n.Spec.ProviderID, prefix) {
				return name
			}
		}
	}
	return "kind"
}

var (
	ofProvider = map[string]string{"aws": "eks", "gcp": "gke", "azure": "aks"}
	ofID       = map[string]string{"aws://": "eks", "gce://": "gke", "azure://": "aks", "kind://": "kind"}
)
