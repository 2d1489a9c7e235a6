package modelserver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// arguments takes flags of the engine's command line for the fields of their
// names; a field that is given itself stays. Flags that say nothing about time
// or memory here are listed.
func (r *Reader) arguments(at string, m *wire.ModelServer) {
	var unknown []string
	for i := 0; i < len(m.Args); i++ {
		name, value, has := strings.Cut(m.Args[i], "=")
		if !strings.HasPrefix(name, "--") {
			continue // the model, or what a shell made of it
		}
		if !has && i+1 < len(m.Args) && !strings.HasPrefix(m.Args[i+1], "--") {
			i++
			value = m.Args[i]
		}
		if !r.argument(at, strings.ReplaceAll(strings.TrimPrefix(name, "--"), "_", "-"), value, m) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		r.Assume("flags of the engine that change nothing here: %s", strings.Join(slices.Compact(unknown), ", "))
	}
}

// argument takes one flag, and reports whether it is known.
func (r *Reader) argument(at, name, value string, m *wire.ModelServer) bool {
	numbers := map[string]**int{
		"tensor-parallel-size": &m.TensorParallel, "pipeline-parallel-size": &m.PipelineParallel,
		"data-parallel-size": &m.DataParallel,
		"max-num-seqs":       &m.MaxNumSeqs, "max-num-batched-tokens": &m.MaxNumBatchedTokens,
		"max-model-len": &m.MaxModelLen,
	}
	words := map[string]*string{"quantization": &m.Quantization, "kv-cache-dtype": &m.KVCacheDtype}
	switch to, is := numbers[name]; {
	case is:
		v, err := strconv.Atoi(value)
		if err != nil {
			r.Fault(at, "--%s must have a whole number, got %.60q", name, value)
		} else if *to == nil {
			*to = &v
		}
		return true
	case words[name] != nil:
		if *words[name] == "" {
			*words[name] = value
		}
		return true
	}
	switch name {
	case "gpu-memory-utilization":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			r.Fault(at, "--%s must have a number, got %.60q", name, value)
		} else if m.GPUMemoryUtilization == nil {
			m.GPUMemoryUtilization = &v
		}
	case "enable-prefix-caching", "no-enable-prefix-caching":
		if on := name == "enable-prefix-caching" && value != "false"; m.PrefixCaching == nil {
			m.PrefixCaching = &on
		}
	case "enable-expert-parallel":
		if two := 2; m.ExpertParallel == nil {
			m.ExpertParallel = &two
		}
	default:
		return false
	}
	return true
}
