package sched

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// chaos is a world in which anything may happen next.
type chaos struct {
	*world
	rng       *rand.Rand
	nodeNames []string
	all       map[string]*v1.Node
	serial    int
	log       []string
	headroom  bool // ask for headroom in between
	owned     bool // pods come of templates
	pictured  bool // nodes have images
	alone     bool // pods have no affinity to others, and a Service spreads some
	templates []*v1.Pod
	before    func() // each cycle
}

func newChaos(t testing.TB, seed uint64, nodes int) *chaos {
	return newChaosOf(t, Config{}, seed, nodes, false)
}

func newChaosOf(t testing.TB, cfg Config, seed uint64, nodes int, owned bool) *chaos {
	c := &chaos{world: newWorld(t, cfg), rng: rand.New(rand.NewPCG(seed, 1)), all: map[string]*v1.Node{},
		owned: owned, pictured: owned && seed%2 == 0, before: func() {}}
	for range nodes {
		c.addNode()
	}
	return c
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func (c *chaos) addNode() {
	c.serial++
	name := fmt.Sprint("n", c.serial)
	n := node(name, "cpu", pick(c.rng, "2", "4", "8"), "memory", pick(c.rng, "8Gi", "16Gi"),
		"label:zone", pick(c.rng, "z1", "z2", "z3"), "label:disk", pick(c.rng, "ssd", "hdd"))
	if c.rng.IntN(6) == 0 {
		n.Spec.Taints = []v1.Taint{
			{Key: "dedicated", Effect: pick(c.rng, v1.TaintEffectNoSchedule, v1.TaintEffectPreferNoSchedule)}}
	}
	if c.pictured {
		c.anyImages(n)
	}
	c.nodeNames = append(c.nodeNames, name)
	c.all[name] = n
	c.AddNode(n)
}

// anyImages gives a node some that pods need.
func (c *chaos) anyImages(n *v1.Node) {
	n.Status.Images = nil
	if c.rng.IntN(3) == 0 {
		n.Status.Images = []v1.ContainerImage{{Names: []string{"app:v1"}, SizeBytes: 700 << 20}}
	}
}

// ownedPod is one of a template, of which there are few.
func (c *chaos) ownedPod() *v1.Pod {
	if len(c.templates) < 4 || c.rng.IntN(30) == 0 {
		template := c.anyPod()
		if c.rng.IntN(3) == 0 {
			template.Spec.Containers[0].Ports = []v1.ContainerPort{{ContainerPort: 80, HostPort: 80}}
		}
		yes := true
		template.OwnerReferences = []metav1.OwnerReference{{UID: template.UID, Controller: &yes}}
		c.templates = append(c.templates, template)
	}
	c.serial++
	p := pick(c.rng, c.templates[max(0, len(c.templates)-6):]...).DeepCopy()
	p.Name = fmt.Sprint("p", c.serial)
	p.UID = types.UID("uid-" + p.Name)
	return p
}

// anyPod is a pod with some of what influences its placement.
func (c *chaos) anyPod() *v1.Pod {
	c.serial++
	r := c.rng
	p := pod(fmt.Sprint("p", c.serial), "app", pick(r, "w", "x"), "cpu", pick(r, "100m", "500m", "1", "2"),
		"memory", pick(r, "256Mi", "1Gi", "4Gi"), "priority", pick(r, 0, 0, 0, 5, 10))
	own := &metav1.LabelSelector{MatchLabels: map[string]string{"app": p.Labels["app"]}}
	if r.IntN(4) == 0 {
		p.Spec.NodeSelector = map[string]string{"disk": "ssd"}
	}
	if !c.alone && r.IntN(4) == 0 {
		p.Spec.TopologySpreadConstraints = []v1.TopologySpreadConstraint{
			{MaxSkew: 1 + int32(r.IntN(2)), TopologyKey: pick(r, zone, hostname),
				WhenUnsatisfiable: pick(r, v1.DoNotSchedule, v1.ScheduleAnyway), LabelSelector: own}}
	}
	if !c.alone && r.IntN(5) == 0 {
		term := v1.PodAffinityTerm{TopologyKey: pick(r, zone, hostname), LabelSelector: own}
		p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{
			PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{{Weight: 10, PodAffinityTerm: term}}}}
		if r.IntN(3) == 0 {
			p.Spec.Affinity.PodAntiAffinity = &v1.PodAntiAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: []v1.PodAffinityTerm{term}}
		}
	}
	if r.IntN(6) == 0 && len(c.nodeNames) > 2 {
		named := []string{pick(r, c.nodeNames...), pick(r, c.nodeNames...), pick(r, c.nodeNames...)}
		var terms []v1.NodeSelectorTerm
		for _, name := range named {
			terms = append(terms,
				v1.NodeSelectorTerm{
					MatchFields: []v1.NodeSelectorRequirement{
						{Key: "metadata.name", Operator: v1.NodeSelectorOpIn, Values: []string{name}}}})
		}
		p.Spec.Affinity = &v1.Affinity{
			NodeAffinity: &v1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1.NodeSelector{
				NodeSelectorTerms: terms}}}
	}
	if r.IntN(4) == 0 {
		p.Spec.Tolerations = []v1.Toleration{{Key: "dedicated", Operator: v1.TolerationOpExists}}
	}
	if r.IntN(12) == 0 {
		p.Spec.SchedulingGates = []v1.PodSchedulingGate{{Name: "example.com/wait"}}
	}
	return p
}

// anyKnown is the name of some pod, "" when there is none.
func (c *chaos) anyKnown() string {
	if len(c.pods) == 0 {
		return ""
	}
	return pick(c.rng, slices.Sorted(maps.Keys(c.pods))...)
}

func (c *chaos) step() {
	name := c.anyKnown()
	switch k := c.rng.IntN(20); {
	case k < 9 && c.owned:
		c.add(c.ownedPod())
	case k < 9:
		c.add(c.anyPod())
	case k < 12 && name != "":
		c.remove(name)
	case k == 12 && name != "":
		c.change(name, func(p *v1.Pod) { p.Spec.SchedulingGates = nil })
	case k == 13 && name != "":
		c.change(name, func(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded })
	case k == 14:
		c.addNode()
	case k == 15 && len(c.nodeNames) > 3:
		i := c.rng.IntN(len(c.nodeNames))
		c.deleteNode(c.nodeNames[i])
	case k == 16 && c.pictured && c.rng.IntN(2) == 0:
		name := pick(c.rng, c.nodeNames...)
		old := c.all[name]
		c.all[name] = old.DeepCopy()
		c.anyImages(c.all[name])
		c.UpdateNode(old, c.all[name])
	case k == 16:
		c.flipTaint(pick(c.rng, c.nodeNames...))
	case k == 18 && c.owned && name != "" && c.pods[name].Spec.NodeName != "":
		c.change(name, c.anyWrite)
	case k == 17:
		c.Set(&policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprint("pdb", c.rng.IntN(4))},
			Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(c.rng, "w", "x")}}},
			Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: int32(c.rng.IntN(3))},
		})
	default:
		c.now = c.now.Add(pick(c.rng, time.Millisecond, 300*time.Millisecond, time.Second, 20*time.Second, 4*time.Minute))
	}
	if next := c.NextFlush(); next <= c.now {
		c.Flush()
	}
	if c.headroom {
		// Must not draw from the same stream.
		copies := pod("x", "cpu", "500m", "memory", "1Gi")
		if _, _, err := c.Headroom(copies, 7); err != nil {
			c.t.Fatal(err)
		}
	}
	for range c.rng.IntN(4) {
		c.cycle()
	}
}

// anyWrite is what happens to a pod with a node.
func (c *chaos) anyWrite(p *v1.Pod) {
	switch status := &p.Status; c.rng.IntN(8) {
	case 0:
		p.Labels["app"] = pick(c.rng, "w", "x")
	case 1, 4:
		start := metav1.NewTime(testEpoch.Add(time.Duration(c.rng.IntN(1000)) * time.Second))
		status.StartTime = &start
	case 2:
		status.ContainerStatuses = []v1.ContainerStatus{{Name: "c", AllocatedResources: v1.ResourceList{
			v1.ResourceCPU: resource.MustParse(pick(c.rng, "10m", "300m")), v1.ResourceMemory: resource.MustParse("64Mi")}}}
		p.Spec.Containers[0].Resources.Requests = status.ContainerStatuses[0].AllocatedResources
	case 3:
		if c.rng.IntN(2) == 0 {
			status.Conditions = append(status.Conditions, v1.PodCondition{Type: v1.DisruptionTarget,
				Status: v1.ConditionTrue, Reason: v1.PodReasonPreemptionByScheduler})
		}
		p.DeletionTimestamp = &metav1.Time{Time: testEpoch.Add(time.Duration(c.now) + time.Minute)}
	default:
		status.Phase, status.HostIP, status.PodIP = v1.PodRunning, "10.0.0.1", "10.0.0.2"
		status.Conditions = slices.DeleteFunc(status.Conditions, func(c v1.PodCondition) bool {
			return c.Type == v1.PodReady
		})
		status.Conditions = append(status.Conditions,
			v1.PodCondition{Type: v1.PodReady, Status: pick(c.rng, v1.ConditionTrue, v1.ConditionFalse)})
	}
}

func (c *chaos) deleteNode(name string) {
	c.nodeNames = slices.DeleteFunc(c.nodeNames, func(n string) bool { return n == name })
	c.DeleteNode(c.all[name])
	delete(c.all, name)
	for _, p := range slices.Sorted(maps.Keys(c.pods)) {
		if c.pods[p].Spec.NodeName == name {
			c.remove(p)
		}
	}
}

func (c *chaos) flipTaint(name string) {
	old := c.all[name]
	n := old.DeepCopy()
	if len(n.Spec.Taints) == 0 {
		n.Spec.Taints = []v1.Taint{{Key: "dedicated", Effect: v1.TaintEffectNoSchedule}}
	} else {
		n.Spec.Taints = nil
	}
	c.all[name] = n
	c.UpdateNode(old, n)
}

// cycle schedules a pod and does what its result asks for.
func (c *chaos) cycle() {
	ready := c.Ready()
	c.before()
	r, ok := c.ScheduleOne()
	if !ok {
		return
	}
	if !ready {
		c.t.Fatal("a pod was scheduled though none was ready")
	}
	line := fmt.Sprintf("%s %s node=%s nominated=%s %s %v", c.now, r.Pod.Name, r.Node, r.NominatedNode, r.Message,
		r.UnschedulablePlugins)
	c.Preempted(r.Pod)
	for _, v := range r.Victims {
		line += " victim=" + v.Pod.Name
		if c.rng.IntN(2) == 0 {
			c.remove(v.Pod.Name)
		} else {
			c.terminate(v.Pod.Name)
		}
	}
	for _, d := range r.Denominated {
		line += " denominated=" + d.Name
		c.change(d.Name, func(p *v1.Pod) { p.Status.NominatedNodeName = "" })
	}
	c.log = append(c.log, line)
	if c.pods[r.Pod.Name] == nil {
		return
	}
	switch {
	case r.Node == "":
		c.change(r.Pod.Name, func(p *v1.Pod) { p.Status.NominatedNodeName = r.NominatedNode })
	case c.rng.IntN(10) == 0:
		c.BindFailed(c.pods[r.Pod.Name])
	default:
		c.change(r.Pod.Name, func(p *v1.Pod) {
			p.Spec.NodeName = r.Node
			if c.rng.IntN(2) == 0 {
				start := metav1.NewTime(testEpoch.Add(time.Duration(c.now)).Truncate(time.Second))
				p.Status.StartTime = &start
			}
		})
	}
}
