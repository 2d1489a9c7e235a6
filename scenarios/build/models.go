package build

import (
	"path/filepath"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/calibrate"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// model reads a model server. GPUs that are not given are those the first
// container asks for that the description fits.
func (b *builder) model(at string, m *wire.ModelServer, of cluster.Workload) *llm.Config {
	if m.Model == "" || m.GPU == "" {
		return nil // which was said
	}
	given := *m
	b.arguments(at+".args", &given)
	c := llm.Config{PrefixCaching: given.PrefixCaching == nil || *given.PrefixCaching}
	if !b.weights(at, &given, &c) || !b.device(at, &given, &c) || !b.engine(at, &given, &c) {
		return nil
	}
	b.degrees(at, &given, &c, b.gpusOf(of))
	c.MaxSequences, c.MaxBatchedTokens = llm.BatchDefaults(c.Generation, &c.GPU)
	for _, pair := range []struct {
		from *int
		to   *int
	}{
		{given.MaxNumSeqs, &c.MaxSequences}, {given.MaxNumBatchedTokens, &c.MaxBatchedTokens}, {given.MaxModelLen, &c.MaxModelLen},
	} {
		if pair.from != nil {
			*pair.to = *pair.from
		}
	}
	if given.MaxNumBatchedTokens == nil {
		c.MaxBatchedTokens = max(c.MaxBatchedTokens, c.MaxSequences)
	}
	if given.KVCacheTokens != nil {
		c.CacheTokens = int64(*given.KVCacheTokens)
	}
	if given.GPUMemoryUtilization != nil {
		c.MemoryUtilization = *given.GPUMemoryUtilization
	}
	if _, err := c.Blocks(); err != nil {
		b.fault(at, "%s", err)
		return nil
	}
	if given.Device == nil {
		b.gpuOfPools(at+".gpu", c.GPU)
	}
	if asked := b.gpusOf(of); c.GPUs() != asked {
		b.unmatched(at+".tensor-parallel-size", "must be the GPUs that the container asks for, %d, got %d", asked, c.GPUs())
	}
	b.toldOf(&given, &c)
	return &c
}

// weights reads the model and how its weights and cache are kept.
func (b *builder) weights(at string, m *wire.ModelServer, c *llm.Config) bool {
	var err error
	if strings.HasSuffix(m.Model, ".json") {
		var text []byte
		if text, err = b.manifests.Files.Read(b.path(m.Model)); err == nil {
			c.Model, err = catalogue.ReadConfig(strings.TrimSuffix(filepath.Base(m.Model), ".json"), text)
		}
	} else {
		c.Model, err = catalogue.FindModel(m.Model)
	}
	if err != nil {
		b.fault(at+".model", "%s", err)
		return false
	}
	if m.Quantization != "" {
		if c.Model.Weights, err = catalogue.FindFormat(m.Quantization); err != nil {
			b.fault(at+".quantization", "%s", err)
			return false
		}
	}
	switch m.KVCacheDtype {
	case "", "auto", "bfloat16", "float16":
	case "fp8", "fp8_e4m3", "fp8_e5m2":
		c.Model.KV = catalogue.FP8
	default:
		b.fault(at+".kv-cache-dtype", "must be auto or fp8, got %.60q", m.KVCacheDtype)
		return false
	}
	return true
}

// device reads the GPU.
func (b *builder) device(at string, m *wire.ModelServer, c *llm.Config) bool {
	if d := m.Device; d != nil {
		c.GPU = b.byNumbers(at+".device", m.GPU, d)
		return c.GPU.Memory > 0
	}
	var err error
	if c.GPU, err = catalogue.FindGPU(m.GPU); err != nil {
		b.fault(at+".gpu", "%s", err)
		return false
	}
	if err = c.GPU.Computes(c.Model.Weights); err != nil {
		b.fault(at+".quantization", "%s", err)
		return false
	}
	return true
}

// byNumbers is a GPU that the catalogue lacks; without memory when a number is
// wrong.
func (b *builder) byNumbers(at, name string, d *wire.Device) catalogue.GPU {
	g := catalogue.GPU{Name: name, Product: name, Link: 32e9, PCIe: d.Link == nil, Source: "the scenario"}
	good := d.Memory != nil && *d.Memory > 0
	for _, n := range []struct {
		field string
		from  *float64
		to    *float64
		unit  float64
	}{
		{"bandwidth", d.Bandwidth, &g.Bandwidth, 1e9}, {"tflops", d.TFLOPS, &g.FLOPS, 1e12},
		{"fp8", d.FP8, &g.FP8, 1e12}, {"fp4", d.FP4, &g.FP4, 1e12}, {"link", d.Link, &g.Link, 1e9},
	} {
		switch {
		case n.from == nil:
		case !(*n.from > 0 && *n.from < 1e6):
			b.fault(at+"."+n.field, "must be above 0 and below 1000000, got %v", *n.from)
			good = false
		default:
			*n.to = *n.from * n.unit
		}
	}
	if good = good && g.Bandwidth > 0 && g.FLOPS > 0; good {
		g.Memory, g.Gigabytes = int64(*d.Memory), int64(*d.Memory)/1e9
	}
	return g
}

// engine reads the engine and speculative decoding.
func (b *builder) engine(at string, m *wire.ModelServer, c *llm.Config) bool {
	if c.Generation = timing.Find(m.Engine, m.EngineVersion, &c.GPU, &c.Model); c.Generation == nil {
		b.fault(at+".engine", "must be vllm, sglang, tgi or tensorrt-llm, got %.60q", m.Engine)
		return false
	}
	if m.KVCacheDtype == "" {
		c.Generation.Adapt(&c.Model)
	}
	if m.Calibration != "" {
		text, err := b.manifests.Files.Read(b.path(m.Calibration))
		var own calibrate.Calibration
		if err == nil {
			own, err = calibrate.ReadCalibration(text)
		}
		if err != nil {
			b.fault(at+".calibration", "%s", err)
			return false
		}
		c.Generation = own.Apply(c.Generation, c.GPU.Name)
	}
	d := m.Speculation
	if d == nil || d.Tokens == nil || d.Acceptance == nil {
		return true
	}
	if *d.Tokens < 1 || *d.Tokens > 64 {
		b.fault(at+".speculation.tokens", "must be from 1 to 64, got %d", *d.Tokens)
		return false
	}
	c.Speculation = timing.Speculation{Tokens: *d.Tokens, Acceptance: float64(*d.Acceptance)}
	if d.Draft != "" {
		draft, err := catalogue.FindModel(d.Draft)
		if err != nil {
			b.fault(at+".speculation.draft", "%s", err)
			return false
		}
		c.Speculation.DraftParameters = draft.Total()
	}
	return true
}

// degrees reads over how many GPUs the model is spread, of those that the
// container asks for.
func (b *builder) degrees(at string, m *wire.ModelServer, c *llm.Config, asked int) {
	for _, d := range []struct {
		field string
		from  *int
		to    *int
	}{{"pipeline-parallel-size", m.PipelineParallel, &c.PipelineParallel}, {"data-parallel-size", m.DataParallel, &c.DataParallel}} {
		*d.to = 1
		if d.from == nil {
			continue
		}
		if *d.to = *d.from; *d.to < 1 || *d.to > 64 {
			b.fault(at+"."+d.field, "must be from 1 to 64, got %d", *d.to)
			*d.to = 1
		}
	}
	c.TensorParallel = max(1, asked/(c.PipelineParallel*c.DataParallel))
	if m.TensorParallel != nil {
		c.TensorParallel = *m.TensorParallel
	}
	c.ExpertParallel = m.ExpertParallel != nil && *m.ExpertParallel > 1
}

// toldOf states what the times and the memory of the model server rest on.
func (b *builder) toldOf(m *wire.ModelServer, c *llm.Config) {
	if c.CacheTokens == 0 {
		b.assumption("%s on %d × %s: activations take 1536Mi of each GPU", c.Model.Name, c.GPUs(), c.GPU.Name)
	}
	if g := c.Generation; !g.Measured(&c.GPU) {
		b.assumption("%s: no measured times with %s, they are predicted from %s", c.GPU.Name, g.Name, g.FittedTo())
	}
	if c.Model.Approximate {
		b.assumption("%s: has layers that its shapes do not describe; its times are approximate", c.Model.Name)
	}
	if m.CPUOffload != "" {
		b.assumption("%s: cpuOffload of %s is not simulated: what the GPUs' cache drops is computed again", c.Model.Name, m.CPUOffload)
	}
}
