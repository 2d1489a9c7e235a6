package timing

// The coefficients that sim/llm/calibrate fitted to measurements ("make
// fit-llm" does it again), and to what.
var (
	vllmAsync = Generation{Name: "vllm-async", Overlaps: true, Coefficients: Coefficients{
		Weights: 0.895, Cache: 0.762, Arithmetic: 1.5, Grouped: 0.356, Layer: 42.3, Experts: 49.4, Reduce: 4.64, Launch: 60, Step: 1500, Sequence: 20, Request: 12, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.15.1 to 0.27.1", GPUs: []string{"h100-80gb", "h200-141gb", "b200-180gb", "rtx-pro-6000"}, Date: "2026-11-29",
	}}
	vllmV1 = Generation{Name: "vllm-v1", Coefficients: Coefficients{
		Weights: 0.947, Cache: 0.381, Arithmetic: 0.712, Grouped: 0.344, Layer: 18.7, Experts: 145, Reduce: 17.8, Launch: 310, Step: 659, Sequence: 53.5, Request: 0.468, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.8.5 to 0.11.0", GPUs: []string{"a100-80gb", "h100-80gb", "h100-pcie-80gb", "h200-141gb", "rtx-4090"}, Date: "2026-11-29",
	}}
	vllmV0 = Generation{Name: "vllm-v0", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.817, Cache: 0.869, Arithmetic: 0.9, Grouped: 0.319, Layer: 2.79, Experts: 17, Reduce: 12.8, Launch: 60, Step: 2523, Sequence: 75.1, Request: 1.11, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.5.3 to 0.6.x (V0)", GPUs: []string{"a100-40gb", "h100-80gb", "h200-141gb", "gh200-96gb"}, Date: "2026-11-29",
	}}
	vllmV0Paged = Generation{Name: "vllm-v0-paged", PerQueryHead: true, WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.866, Cache: 1.54, Arithmetic: 0.744, Grouped: 0.3, Layer: 31.7, Experts: 50, Reduce: 13.8, Launch: 60, Step: 1680, Sequence: 52.4, Request: 2.99, Paged: 0.187,
	}, Fitted: Fitted{
		Versions: "vLLM of 2024 (V0, xFormers)", GPUs: []string{"a100-40gb", "h100-80gb"}, Date: "2026-11-29",
	}}
	vllmV0ROCm = Generation{Name: "vllm-v0-rocm", PerQueryHead: true, WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.791, Cache: 0.881, Arithmetic: 0.102, Grouped: 0.168, Layer: 164, Experts: 91.9, Reduce: 18.9, Launch: 60, Step: 428, Sequence: 52.4, Request: 3.12, Paged: 0.312,
	}, Fitted: Fitted{
		Versions: "vLLM 0.6.1 (V0, ROCm)", GPUs: []string{"mi300x"}, Date: "2026-11-29",
	}}
	vllmV0Tuned = Generation{Name: "vllm-v0-rocm-tuned", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.6, Cache: 1, Arithmetic: 0.9, Grouped: 0.3, Layer: 24.7, Experts: 50, Reduce: 8.92, Launch: 60, Step: 1364, Sequence: 6.37, Request: 5.14, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.6.x of November 2024 (V0, ROCm)", GPUs: []string{"mi300x"}, Date: "2026-11-29",
	}}
	trtllm = Generation{Name: "tensorrt-llm", Overlaps: true, WholePrompts: true, OwnCheckpoints: true, Coefficients: Coefficients{
		Weights: 0.687, Cache: 0.997, Arithmetic: 0.92, Grouped: 1.11, Layer: 31.2, Experts: 12.3, Reduce: 1.62, Launch: 47, Step: 1454, Sequence: 9.24, Request: 4.04, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "TensorRT-LLM 1.0, NIM 1.8", GPUs: []string{"h100-80gb", "h200-141gb", "b200-180gb", "gb200-192gb"}, Date: "2026-11-29",
	}}
	tgi = Generation{Name: "tgi", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.828, Cache: 1, Arithmetic: 0.863, Grouped: 0.3, Layer: 27.5, Experts: 50, Reduce: 12, Launch: 60, Step: 1303, Sequence: 17.5, Request: 3.77, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "TGI 2.0.1", GPUs: []string{"a10g"}, Date: "2026-11-29",
	}}
	// Nothing was measured of SGLang: it is taken to be as vLLM of its time.
	sglang = Generation{Name: "sglang", Overlaps: true, Coefficients: vllmAsync.Coefficients}
)
