package nodes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/util/taints"
)

// PoolLabel names the pool of a node that this package made.
const PoolLabel = "rehearse.dev/pool"

// maxPoolNodes bounds a pool: more is a slip of the finger.
const maxPoolNodes = 100_000

// defaultMaxPods is the kubelet's maxPods.
const defaultMaxPods = 110

// Pool is a number of equal machines: of an instance type, or of plain
// resources. What is given in Capacity and Allocatable overrides the type's;
// of plain resources, one of the two is enough.
type Pool struct {
	Name         string
	Count        int
	InstanceType string
	Capacity     v1.ResourceList
	Allocatable  v1.ResourceList
	Labels       map[string]string
	Taints       []v1.Taint
	Zones        []string
	Sharing      Sharing
}

// Validate lists every fault of the pool.
func (p Pool) Validate() field.ErrorList {
	var faults field.ErrorList
	invalid := func(name string, value any, detail string) {
		faults = append(faults, field.Invalid(field.NewPath(name), value, detail))
	}
	if errs := validation.IsDNS1123Label(p.Name); len(errs) > 0 {
		invalid("name", p.Name, strings.Join(errs, "; "))
	}
	if p.Count < 0 || p.Count > maxPoolNodes { // an empty one is for machines that join
		invalid("count", p.Count, fmt.Sprintf("must be from 0 to %d", maxPoolNodes))
	}
	switch {
	case p.InstanceType != "":
		if _, err := Lookup(p.InstanceType); err != nil {
			invalid("instanceType", p.InstanceType, err.Error())
		}
	case len(p.Capacity) == 0 && len(p.Allocatable) == 0:
		faults = append(faults, field.Required(field.NewPath("instanceType"), "must be given, or capacity or allocatable"))
	default:
		for _, name := range []v1.ResourceName{v1.ResourceCPU, v1.ResourceMemory} {
			if _, inCapacity := p.Capacity[name]; !inCapacity {
				if _, inAllocatable := p.Allocatable[name]; !inAllocatable {
					faults = append(faults, field.Required(field.NewPath("capacity").Key(string(name)),
						"must be given for plain machines"))
				}
			}
		}
	}
	if len(faults) == 0 {
		_, capacity, _ := p.machine()
		gpus := capacity[GPUResource]
		faults = append(faults, p.Sharing.validate(gpus.Value())...)
	}
	faults = append(faults, negative(field.NewPath("capacity"), p.Capacity)...)
	faults = append(faults, negative(field.NewPath("allocatable"), p.Allocatable)...)
	for _, name := range slices.Sorted(maps.Keys(p.Allocatable)) {
		q := p.Allocatable[name]
		if c, known := p.Capacity[name]; known && c.Cmp(q) < 0 {
			faults = append(faults, field.Invalid(field.NewPath("allocatable").Key(string(name)), q.String(),
				"must be at most the capacity, "+c.String()))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Labels)) {
		for _, e := range append(validation.IsQualifiedName(name), validation.IsValidLabelValue(p.Labels[name])...) {
			faults = append(faults, field.Invalid(field.NewPath("labels").Key(name), p.Labels[name], e))
		}
	}
	for i, zone := range p.Zones {
		for _, e := range validation.IsValidLabelValue(zone) {
			faults = append(faults, field.Invalid(field.NewPath("zones").Index(i), zone, e))
		}
	}
	for i, t := range p.Taints {
		if t.Effect != v1.TaintEffectNoSchedule && t.Effect != v1.TaintEffectPreferNoSchedule &&
			t.Effect != v1.TaintEffectNoExecute {
			faults = append(faults, field.NotSupported(field.NewPath("taints").Index(i).Child("effect"), t.Effect,
				[]v1.TaintEffect{v1.TaintEffectNoExecute, v1.TaintEffectNoSchedule, v1.TaintEffectPreferNoSchedule}))
		}
		for _, e := range validation.IsQualifiedName(t.Key) {
			faults = append(faults, field.Invalid(field.NewPath("taints").Index(i).Child("key"), t.Key, e))
		}
	}
	return faults
}

func negative(path *field.Path, list v1.ResourceList) field.ErrorList {
	var faults field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if q := list[name]; q.Sign() < 0 {
			faults = append(faults, field.Invalid(path.Key(string(name)), q.String(), "must be at least 0"))
		}
	}
	return faults
}

// Nodes are the machines of the pool: "<pool>-0", "<pool>-1" …, dealt over the
// zones in turn, Ready, with the labels that real nodes carry.
func (p Pool) Nodes() ([]*v1.Node, error) {
	if faults := p.Validate(); len(faults) > 0 {
		return nil, errors.New(allFaults(faults))
	}
	shape, capacity, allocatable := p.machine()
	list := make([]*v1.Node, p.Count)
	for i := range list {
		name := fmt.Sprintf("%s-%d", p.Name, i)
		list[i] = &v1.Node{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Labels: p.labels(name, i, shape)},
			Spec:       v1.NodeSpec{Taints: slices.Clone(p.Taints)},
			Status: v1.NodeStatus{
				Capacity:    capacity.DeepCopy(),
				Allocatable: allocatable.DeepCopy(),
				Conditions:  ready(),
			},
		}
		p.Sharing.apply(list[i])
	}
	return list, nil
}

func ready() []v1.NodeCondition {
	return []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "KubeletReady"}}
}

// machine is the type of the pool's nodes and their resources.
func (p Pool) machine() (shape Shape, capacity, allocatable v1.ResourceList) {
	capacity, allocatable = v1.ResourceList{}, v1.ResourceList{}
	if p.InstanceType != "" {
		shape, _ = Lookup(p.InstanceType) // validated
		capacity, allocatable = shape.Capacity(), shape.Allocatable()
	}
	for name, q := range p.Capacity {
		capacity[name] = q
		if name == v1.ResourceEphemeralStorage {
			continue // by the provider's formula
		}
		if _, known := allocatable[name]; !known {
			allocatable[name] = q
		}
	}
	for name, q := range p.Allocatable {
		allocatable[name] = q
		if c, known := capacity[name]; !known || c.Cmp(q) < 0 {
			capacity[name] = q
		}
	}
	complete(shape, capacity, allocatable)
	return shape, capacity, allocatable
}

// complete fills in the number of pods and the ephemeral storage.
func complete(shape Shape, capacity, allocatable v1.ResourceList) {
	store(shape.Provider, shape.Disk(), capacity, allocatable)
	if _, known := capacity[v1.ResourcePods]; !known {
		capacity[v1.ResourcePods] = *resource.NewQuantity(defaultMaxPods, resource.DecimalSI)
	}
	if _, known := allocatable[v1.ResourcePods]; !known {
		allocatable[v1.ResourcePods] = capacity[v1.ResourcePods]
	}
}

func (p Pool) labels(name string, i int, shape Shape) map[string]string {
	labels := map[string]string{
		v1.LabelHostname: name,
		v1.LabelOSStable: "linux",
		PoolLabel:        p.Name,
	}
	labels[v1.LabelArchStable] = "amd64"
	if shape.Type != "" {
		labels[v1.LabelInstanceTypeStable] = shape.Type
		labels[v1.LabelArchStable] = shape.Arch
	}
	if shape.Region != "" {
		labels[v1.LabelTopologyRegion] = shape.Region
	}
	if len(p.Zones) > 0 {
		labels[v1.LabelTopologyZone] = p.Zones[i%len(p.Zones)]
	}
	shape.typeLabels(labels)
	shape.gpuLabels(labels)
	maps.Copy(labels, p.Labels)
	return labels
}

// accepted says what ParsePool reads.
const accepted = "must be like 3xaws/m7i.large, gpu=2xg5.xlarge or 2xcpu=4,memory=16Gi,nvidia.com/gpu=1"

// ParsePool reads the short form of a pool: [NAME=][COUNTx]TYPE, or
// [NAME=][COUNTx]RESOURCE=QUANTITY,… for plain machines. Both may go on with
// ,label=KEY=VALUE, ,taint=KEY=VALUE:EFFECT as kubectl writes it, and ,zone=ZONE.
func ParsePool(text string) (Pool, error) {
	p := Pool{Count: 1}
	rest := text
	if name, after, found := strings.Cut(rest, "="); found && !strings.ContainsAny(name, ",") && !isResource(name) {
		p.Name, rest = name, after
	}
	if count, after, found := strings.Cut(rest, "x"); found && count != "" && strings.Trim(count, "0123456789") == "" {
		n, err := strconv.Atoi(count)
		if err != nil {
			return Pool{}, fmt.Errorf("%s, got %.60q", accepted, text)
		}
		p.Count, rest = n, after
	}
	rest, err := p.attributes(rest)
	if err != nil {
		return Pool{}, err
	}
	if strings.Contains(rest, "=") {
		p.Capacity = v1.ResourceList{}
		for _, part := range strings.Split(rest, ",") {
			name, quantity, found := strings.Cut(part, "=")
			q, err := ParseQuantity(quantity)
			if _, twice := p.Capacity[v1.ResourceName(name)]; twice {
				return Pool{}, fmt.Errorf("must give each resource once, got %.60s twice in %.60q", name, text)
			}
			if !found || err != nil || q.Sign() < 0 || len(validation.IsQualifiedName(name)) > 0 {
				return Pool{}, fmt.Errorf("%s, got %.60q", accepted, text)
			}
			p.Capacity[v1.ResourceName(name)] = q
		}
		if p.Name == "" {
			p.Name = "nodes"
		}
	} else {
		shape, err := Lookup(rest)
		if err != nil {
			return Pool{}, fmt.Errorf("%w; it %s", err, accepted)
		}
		p.InstanceType = shape.Name()
		if p.Name == "" {
			p.Name = strings.ToLower(strings.NewReplacer(".", "-", "_", "-").Replace(shape.Type))
		}
	}
	if faults := p.Validate(); len(faults) > 0 {
		return Pool{}, errors.New(allFaults(faults))
	}
	return p, nil
}

// attributes takes labels, taints and zones out of the short form, and returns the
// rest.
func (p *Pool) attributes(text string) (rest string, err error) {
	var others []string
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "label":
			key, of, found := strings.Cut(value, "=")
			if !found || key == "" {
				return "", fmt.Errorf("must have labels like label=team=search, got %.60q", part)
			}
			if p.Labels == nil {
				p.Labels = map[string]string{}
			}
			p.Labels[key] = of
		case "taint":
			add, remove, err := taints.ParseTaints([]string{value})
			if err != nil || len(add) != 1 || len(remove) > 0 || add[0].Effect == "" {
				return "", fmt.Errorf("must have taints like taint=dedicated=gpu:NoSchedule, got %.60q", part)
			}
			p.Taints = append(p.Taints, add...)
		case "zone":
			if value == "" {
				return "", fmt.Errorf("must have zones like zone=eu-west-1a, got %.60q", part)
			}
			p.Zones = append(p.Zones, value)
		default:
			others = append(others, part)
		}
	}
	return strings.Join(others, ","), nil
}

// isResource reports whether the word before a "=" is a resource and not the
// name of a pool, with or without a count.
func isResource(word string) bool {
	if _, after, found := strings.Cut(word, "x"); found &&
		strings.Trim(word[:len(word)-len(after)-1], "0123456789") == "" {
		word = after
	}
	switch v1.ResourceName(word) {
	case v1.ResourceCPU, v1.ResourceMemory, v1.ResourcePods, v1.ResourceEphemeralStorage:
		return true
	}
	return strings.Contains(word, "/")
}
