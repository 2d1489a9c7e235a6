// Package modelserver makes of what a scenario says of a model server the
// configuration of its engine, and checks it.
//
//   - read.go: the model, the GPU, the engine, over how many GPUs.
//   - arguments.go: the engine's own flags.
package modelserver

import (
	"path/filepath"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/calibrate"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// Reader is whom a description is read for.
type Reader struct {
	// Fault notes what is wrong with a field; Unmatched what does not fit another.
	Fault, Unmatched func(field, format string, arguments ...any)
	// Assume states what is assumed.
	Assume func(format string, arguments ...any)
	// Open reads a file by its path in the scenario.
	Open func(path string) ([]byte, error)
	// GPUs is how many the container asks for.
	GPUs int
}

// Read reads a model server; nil when something is wrong with it, or missing. GPUs
// that are not given are those that the container asks for.
func (r *Reader) Read(at string, m *wire.ModelServer) *llm.Config {
	if m.Model == "" || m.GPU == "" {
		return nil // which was said
	}
	given := *m
	r.arguments(at+".args", &given)
	c := llm.Config{PrefixCaching: given.PrefixCaching == nil || *given.PrefixCaching}
	if !r.weights(at, &given, &c) || !r.device(at, &given, &c) || !r.engine(at, &given, &c) {
		return nil
	}
	r.degrees(at, &given, &c, r.GPUs)
	c.MaxSequences, c.MaxBatchedTokens = llm.BatchDefaults(c.Generation, &c.GPU)
	for _, pair := range []struct {
		from *int
		to   *int
	}{
		{given.MaxNumSeqs, &c.MaxSequences}, {given.MaxNumBatchedTokens, &c.MaxBatchedTokens},
		{given.MaxModelLen, &c.MaxModelLen},
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
		r.Fault(at, "%s", err)
		return nil
	}
	if asked := r.GPUs; c.GPUs() != asked {
		r.Unmatched(at+".tensor-parallel-size", "must be the GPUs that the container asks for, %d, got %d", asked, c.GPUs())
	}
	r.toldOf(&given, &c)
	return &c
}

// weights reads the model and how its weights and cache are kept.
func (r *Reader) weights(at string, m *wire.ModelServer, c *llm.Config) bool {
	var err error
	if strings.HasSuffix(m.Model, ".json") {
		var text []byte
		if text, err = r.Open(m.Model); err == nil {
			c.Model, err = catalogue.ReadConfig(strings.TrimSuffix(filepath.Base(m.Model), ".json"), text)
		}
	} else {
		c.Model, err = catalogue.FindModel(m.Model)
	}
	if err != nil {
		r.Fault(at+".model", "%s", err)
		return false
	}
	if m.Quantization != "" {
		if c.Model.Weights, err = catalogue.FindFormat(m.Quantization); err != nil {
			r.Fault(at+".quantization", "%s", err)
			return false
		}
	}
	switch m.KVCacheDtype {
	case "", "auto", "bfloat16", "float16":
	case "fp8", "fp8_e4m3", "fp8_e5m2":
		c.Model.KV = catalogue.FP8
	default:
		r.Fault(at+".kv-cache-dtype", "must be auto or fp8, got %.60q", m.KVCacheDtype)
		return false
	}
	return true
}

// device reads the GPU.
func (r *Reader) device(at string, m *wire.ModelServer, c *llm.Config) bool {
	if d := m.Device; d != nil {
		c.GPU = r.byNumbers(at+".device", m.GPU, d)
		return c.GPU.Memory > 0
	}
	var err error
	if c.GPU, err = catalogue.FindGPU(m.GPU); err != nil {
		r.Fault(at+".gpu", "%s", err)
		return false
	}
	if err = c.GPU.Computes(c.Model.Weights); err != nil {
		r.Fault(at+".quantization", "%s", err)
		return false
	}
	return true
}

// byNumbers is a GPU that the catalogue lacks; without memory when a number is
// wrong.
func (r *Reader) byNumbers(at, name string, d *wire.Device) catalogue.GPU {
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
			r.Fault(at+"."+n.field, "must be above 0 and below 1000000, got %v", *n.from)
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
func (r *Reader) engine(at string, m *wire.ModelServer, c *llm.Config) bool {
	if c.Generation = timing.Find(m.Engine, m.EngineVersion, &c.GPU, &c.Model); c.Generation == nil {
		r.Fault(at+".engine", "must be vllm, sglang, tgi or tensorrt-llm, got %.60q", m.Engine)
		return false
	}
	if m.KVCacheDtype == "" {
		c.Generation.Adapt(&c.Model)
	}
	if m.Calibration != "" {
		text, err := r.Open(m.Calibration)
		var own calibrate.Calibration
		if err == nil {
			own, err = calibrate.ReadCalibration(text)
		}
		if err != nil {
			r.Fault(at+".calibration", "%s", err)
			return false
		}
		c.Generation = own.Apply(c.Generation, c.GPU.Name)
	}
	d := m.Speculation
	if d == nil || d.Tokens == nil || d.Acceptance == nil {
		return true
	}
	if *d.Tokens < 1 || *d.Tokens > 64 {
		r.Fault(at+".speculation.tokens", "must be from 1 to 64, got %d", *d.Tokens)
		return false
	}
	c.Speculation = timing.Speculation{Tokens: *d.Tokens, Acceptance: float64(*d.Acceptance)}
	if d.Draft != "" {
		draft, err := catalogue.FindModel(d.Draft)
		if err != nil {
			r.Fault(at+".speculation.draft", "%s", err)
			return false
		}
		c.Speculation.DraftParameters = draft.Total()
	}
	return true
}

// degrees reads over how many GPUs the model is spread, of those that the
// container asks for.
func (r *Reader) degrees(at string, m *wire.ModelServer, c *llm.Config, asked int) {
	for _, d := range []struct {
		field string
		from  *int
		to    *int
	}{{"pipeline-parallel-size", m.PipelineParallel, &c.PipelineParallel},
		{"data-parallel-size", m.DataParallel, &c.DataParallel}} {
		*d.to = 1
		if d.from == nil {
			continue
		}
		if *d.to = *d.from; *d.to < 1 || *d.to > 64 {
			r.Fault(at+"."+d.field, "must be from 1 to 64, got %d", *d.to)
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
func (r *Reader) toldOf(m *wire.ModelServer, c *llm.Config) {
	if c.CacheTokens == 0 {
		r.Assume("%s on %d × %s: activations take 1536Mi of each GPU", c.Model.Name, c.GPUs(), c.GPU.Name)
	}
	if g := c.Generation; !g.Measured(&c.GPU) {
		r.Assume("%s: no measured times with %s, they are predicted from %s", c.GPU.Name, g.Name, g.FittedTo())
	}
	if c.Model.Approximate {
		r.Assume("%s: has layers that its shapes do not describe; its times are approximate", c.Model.Name)
	}
	if m.CPUOffload != "" {
		r.Assume("%s: cpuOffload of %s is not simulated: what the GPUs' cache drops is computed again", c.Model.Name,
			m.CPUOffload)
	}
}
