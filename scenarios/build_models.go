package scenarios

import (
	"strings"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// model reads a model server. GPUs that are not given are those the first
// container asks for that the description fits.
func (b *builder) model(at string, m *ModelServer, of cluster.Workload) *llm.Config {
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
	if n := b.gpusOf(of); n != c.TensorParallel {
		b.fault(at+".tensor-parallel-size", "must be the GPUs that the container asks for, %d, got %d", n, c.TensorParallel)
	}
	b.assumption("%s on %d × %s: activations take 2Gi of each GPU", c.Model.Name, c.TensorParallel, c.GPU.Name)
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
