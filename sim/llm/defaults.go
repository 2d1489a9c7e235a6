package llm

import (
	"strings"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// BatchDefaults are an engine's --max-num-seqs and --max-num-batched-tokens of its
// API server on a GPU: vLLM V1 takes 1,024 and 8,192 on GPUs of 70 GiB and more
// other than the A100 (vllm/engine/arg_utils.py: get_batch_defaults), else 256
// and 2,048, as V0 does everywhere; SGLang and TensorRT-LLM prefill 8,192 tokens at
// a time.
func BatchDefaults(g *timing.Generation, gpu *catalogue.GPU) (sequences, tokens int) {
	big := gpu.Memory >= 70*gib && !strings.HasPrefix(gpu.Name, "a100")
	switch {
	case g.Name == "tensorrt-llm":
		return 2048, 8192
	case g.Name == "sglang":
		return 1024, 8192
	case big && strings.HasPrefix(g.Name, "vllm") && !g.WholePrompts:
		return 1024, 8192
	}
	return 256, 2048
}
