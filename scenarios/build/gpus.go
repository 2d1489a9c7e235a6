package build

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/devices"
	"github.com/kube-rehearse/rehearse/scenarios/modelserver"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// model reads a model server.
func (b *builder) model(at string, m *wire.ModelServer, of cluster.Workload) *llm.Config {
	r := modelserver.Reader{
		Fault: b.fault, Unmatched: b.unmatched, Assume: b.assumption, GPUs: b.gpusOf(of),
		Open: func(path string) ([]byte, error) { return b.manifests.Files.Read(b.path(path)) },
	}
	c := r.Read(at, m)
	if c != nil && m.Device == nil {
		b.gpuOfPools(at+".gpu", c.GPU)
	}
	return c
}

// gpusOf is how many GPUs the containers ask for that a description fits.
func (b *builder) gpusOf(w cluster.Workload) int {
	for _, t := range b.objects.Templates() {
		for _, c := range t.Spec.Containers {
			if !w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				continue
			}
			sum := devices.Asked(&b.objects, t, &c)
			for name, q := range c.Resources.Limits {
				if nodes.IsGPU(name) {
					sum += q.Value()
				}
			}
			if sum > 0 {
				return int(sum)
			}
		}
	}
	return 0
}

// gpuOfPools holds that a machine has the GPU, where the machines say what they
// have (the labels of NVIDIA's GPU feature discovery).
func (b *builder) gpuOfPools(at string, g catalogue.GPU) {
	whole, _, _ := strings.Cut(g.Name, "/")
	kind, _, _ := strings.Cut(whole, "-")
	full, err := catalogue.FindGPU(whole)
	if err != nil {
		return // which was said
	}
	found := []string{}
	for _, n := range b.machinesOf() {
		product, has := n.Labels["nvidia.com/gpu.product"]
		if !has || product == "NVIDIA" {
			if q := n.Status.Capacity[nodes.GPUResource]; q.Value() > 0 {
				return // of a kind that nobody knows
			}
			continue
		}
		mebibytes, _ := strconv.ParseInt(n.Labels["nvidia.com/gpu.memory"], 10, 64)
		if whole != g.Name { // a slice, whose label may be that of its part
			mebibytes = 0
		}
		if modelserver.IsProduct(kind, &full, product, mebibytes) {
			return
		}
		if mebibytes > 0 {
			product += fmt.Sprintf(" of %d GiB", mebibytes>>10)
		}
		if !slices.Contains(found, product) {
			found = append(found, product)
		}
	}
	if len(found) > 0 {
		b.fault(at, "must be a GPU of the machines, which have %s, got %s", strings.Join(found, ", "), whole)
	}
}

// gpuFor is the GPU that the pods of a template get, by the labels of the machines
// that they can go to.
func (b *builder) gpuFor(t objects.Template) (string, error) {
	required := nodeaffinity.GetRequiredNodeAffinity(&v1.Pod{Spec: *t.Spec})
	found := map[string]bool{}
	for _, n := range b.machinesOf() {
		if fits, err := required.Match(n); err != nil || !fits || !modelserver.HasGPU(n) {
			continue
		}
		name, err := modelserver.GPUOf(n)
		if err != nil {
			return "", err
		}
		found[name] = true
	}
	names := slices.Sorted(maps.Keys(found))
	switch len(names) {
	case 0:
		return "", fmt.Errorf("no machine that it can go to has a GPU")
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("the machines that it can go to have several GPUs, %s", strings.Join(names, ", "))
}

// machinesOf are the nodes at time 0 and those that join.
func (b *builder) machinesOf() []*v1.Node {
	list := slices.Clone(b.spec.Nodes)
	for _, step := range b.spec.Timeline {
		if a, is := step.Action.(cluster.NodeAdd); is {
			list = append(list, a.Nodes...)
		}
	}
	return list
}
