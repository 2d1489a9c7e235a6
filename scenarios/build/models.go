package build

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// model reads a model server. GPUs that are not given are those the first
// container asks for that the description fits.
func (b *builder) model(at string, m *wire.ModelServer, of cluster.Workload) *llm.Config {
	if m.Model == "" || m.GPU == "" {
		return nil // which was said
	}
	c := llm.Config{PrefixTokens: load.PrefixTokens}
	var err error
	if c.Model, err = llm.FindModel(m.Model); err != nil {
		b.fault(at+".model", "%s", err)
		return nil
	}
	if c.GPU, err = llm.FindGPU(m.GPU); err != nil {
		b.fault(at+".gpu", "%s", err)
		return nil
	}
	c.TensorParallel = max(1, b.gpusOf(of))
	for _, pair := range []struct {
		from *int
		to   *int
	}{
		{m.TensorParallel, &c.TensorParallel}, {m.MaxNumSeqs, &c.MaxSequences},
		{m.MaxNumBatchedTokens, &c.MaxBatchedTokens}, {m.MaxModelLen, &c.MaxModelLen},
	} {
		if pair.from != nil {
			*pair.to = *pair.from
		}
	}
	if m.GPUMemoryUtilization != nil {
		c.MemoryUtilization = *m.GPUMemoryUtilization
	}
	if m.PrefixCaching != nil && !*m.PrefixCaching {
		c.PrefixTokens = 0
	}
	if _, err := c.Blocks(); err != nil {
		b.fault(at, "%s", err)
		return nil
	}
	b.gpuOfPools(at+".gpu", c.GPU)
	if n := b.gpusOf(of); n != c.TensorParallel {
		b.unmatched(at+".tensor-parallel-size", "must be the GPUs that the container asks for, %d, got %d", n, c.TensorParallel)
	}
	b.assumption("%s on %d × %s: activations take 1536Mi of each GPU", c.Model.Name, c.TensorParallel, c.GPU.Name)
	if !c.GPU.Measured() {
		b.assumption("%s: no measured times, its efficiency is taken to be that of the A100", c.GPU.Name)
	}
	return &c
}

// gpusOf is how many GPUs the containers ask for that a description fits.
func (b *builder) gpusOf(w cluster.Workload) int {
	for _, t := range b.objects.templates() {
		for _, c := range t.spec.Containers {
			if !w.Matches(t.ref.Kind, t.ref.Namespace, t.ref.Name, c.Name) {
				continue
			}
			sum := int64(0)
			for name, q := range c.Resources.Limits {
				if name == nodes.GPUResource || strings.HasPrefix(string(name), "nvidia.com/mig-") {
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
func (b *builder) gpuOfPools(at string, g llm.GPU) {
	whole, _, _ := strings.Cut(g.Name, "/")
	kind, _, _ := strings.Cut(whole, "-")
	full, err := llm.FindGPU(whole)
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
		alike := mebibytes == 0 || whole != g.Name || // a slice, whose label may be that of its part
			math.Abs(float64(mebibytes<<20)/float64(full.Memory)-1) < 0.15
		if alike && slices.Contains(strings.FieldsFunc(strings.ToLower(product), func(r rune) bool { return r == '-' || r == ' ' || r == '_' }), kind) {
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
