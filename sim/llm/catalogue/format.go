package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// Format is how numbers are kept, by the names of --quantization and
// --kv-cache-dtype.
type Format string

const (
	Sixteen Format = "bf16"
	FP8     Format = "fp8"
	// FP8MLP has the matrices of the MLPs in FP8 and the rest in 16 bits, as in
	// Meta's checkpoint of Llama 3.1 405B.
	FP8MLP Format = "fp8-mlp"
	INT8   Format = "int8"
	AWQ    Format = "awq"
	GPTQ   Format = "gptq"
	INT4   Format = "int4"
	// MXFP4 has the experts in 4 bits and the rest in 16.
	MXFP4 Format = "mxfp4"
	NVFP4 Format = "nvfp4"
)

// bytesOf is the bytes of a number, the scales of its block included.
var bytesOf = map[Format]float64{
	Sixteen: 2, FP8: 1, FP8MLP: 1, INT8: 1, AWQ: 0.53, GPTQ: 0.53, INT4: 0.53, MXFP4: 0.53, NVFP4: 0.5625,
}

// capability is the least CUDA compute capability that engines have kernels for,
// be it that they only unpack the weights.
var capability = map[Format]float64{Sixteen: 7, FP8: 8, FP8MLP: 8, INT8: 7.5, AWQ: 7.5, GPTQ: 7.5, INT4: 7.5, MXFP4: 8,
	NVFP4: 8}

// onROCm are the formats with kernels on AMD's GPUs.
var onROCm = []Format{Sixteen, FP8, FP8MLP, INT8, GPTQ, AWQ, INT4, MXFP4}

// Formats are those of weights, sorted.
func Formats() []string {
	return []string{"awq", "bf16", "fp8", "gptq", "int4", "int8", "mxfp4", "nvfp4"}
}

// FindFormat returns a format of weights by name. The error says "must be one of
// …".
func FindFormat(name string) (Format, error) {
	switch lower := strings.ToLower(name); lower {
	case "fp16", "float16", "bfloat16", "half", "auto", "none":
		return Sixteen, nil
	case "modelopt", "compressed-tensors", "fbgemm_fp8", "fp8_e4m3", "fp8_e5m2":
		return FP8, nil
	case "awq_marlin":
		return AWQ, nil
	case "gptq_marlin":
		return GPTQ, nil
	case "fp4", "modelopt_fp4":
		return NVFP4, nil
	default:
		if slices.Contains(Formats(), lower) {
			return Format(lower), nil
		}
	}
	return "", fmt.Errorf("quantization must be one of %s, got %.60q", strings.Join(Formats(), ", "), name)
}

// Bytes is the bytes of a number, the scales of its block included.
func (f Format) Bytes() float64 {
	if b, is := bytesOf[f]; is {
		return b
	}
	return 2
}

// Computes checks that the GPU has kernels for weights of the format. The error
// says "must …".
func (g *GPU) Computes(f Format) error {
	if g.ROCm && !slices.Contains(onROCm, f) || !g.ROCm && g.Capability > 0 && g.Capability < capability[f] {
		return fmt.Errorf("quantization must be one that %s computes, got %s", g.Name, f)
	}
	return nil
}

// Arithmetic is the operations a second of matrix products with weights of the
// format: the tensor cores' rate of the format where they have it, else that of
// 16 bits, which the weights are unpacked to.
func (g *GPU) Arithmetic(f Format) float64 {
	switch f {
	case FP8, FP8MLP, INT8:
		return max(g.FLOPS, g.FP8)
	case NVFP4:
		return max(g.FLOPS, g.FP4)
	}
	return g.FLOPS
}
