package timing

// The coefficients that sim/llm/calibrate fitted to measurements ("make
// fit-llm" does it again), and to what.
var (
	vllmAsync = Generation{Name: "vllm-async", Overlaps: true, Coefficients: Coefficients{
		Weights: 0.917, Cache: 0.778, Arithmetic: 1.6, Grouped: 0.411, Layer: 51.2, Experts: 51.5, Reduce: 4.5, Launch: 60,
		Step: 1500, Sequence: 20, Request: 5.9, Intake: 5.89, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.15.1 to 0.27.1", GPUs: []string{"h100-80gb", "h200-141gb", "b200-180gb", "rtx-pro-6000"},
		Date: "2026-11-29",
	}}
	vllmV1 = Generation{Name: "vllm-v1", Coefficients: Coefficients{
		Weights: 0.871, Cache: 0.48, Arithmetic: 0.851, Grouped: 0.301, Layer: 18.9, Experts: 51.9, Reduce: 15.9, Launch: 319,
		Step: 642, Sequence: 48.8, Request: 0.811, Intake: 0.811, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.8.5", GPUs: []string{"h100-pcie-80gb", "rtx-4090"}, Date: "2026-11-30",
	}}
	vllmV1Graphs = Generation{Name: "vllm-v1-graphs", FullGraphs: true, Coefficients: Coefficients{
		Weights: 0.963, Cache: 0.42, Arithmetic: 0.683, Grouped: 0.361, Layer: 108, Experts: 17.3, Reduce: 65, Launch: 60.1,
		Step: 663.4, Sequence: 73.5, Request: 2.97, Intake: 3.59, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.10.2 and 0.11.0", GPUs: []string{"a100-80gb", "h100-80gb", "h200-141gb"}, Date: "2026-11-30",
	}}
	vllmV0 = Generation{Name: "vllm-v0", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.817, Cache: 0.869, Arithmetic: 0.9, Grouped: 0.319, Layer: 2.79, Experts: 17, Reduce: 12.8, Launch: 60,
		Step: 2523, Sequence: 75.1, Request: 0.555, Intake: 0.555, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.5.3 to 0.6.x (V0)", GPUs: []string{"a100-40gb", "h100-80gb", "h200-141gb", "gh200-96gb"},
		Date: "2026-11-29",
	}}
	vllmV0Paged = Generation{Name: "vllm-v0-paged", PerQueryHead: true, WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.866, Cache: 1.54, Arithmetic: 0.744, Grouped: 0.3, Layer: 31.7, Experts: 50, Reduce: 13.8, Launch: 60,
		Step: 1680, Sequence: 52.4, Request: 1.495, Intake: 1.495, Paged: 0.187,
	}, Fitted: Fitted{
		Versions: "vLLM of 2024 (V0, xFormers)", GPUs: []string{"a100-40gb", "h100-80gb"}, Date: "2026-11-29",
	}}
	vllmV0ROCm = Generation{Name: "vllm-v0-rocm", PerQueryHead: true, WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.791, Cache: 0.881, Arithmetic: 0.102, Grouped: 0.168, Layer: 164, Experts: 91.9, Reduce: 18.9, Launch: 60,
		Step: 428, Sequence: 52.4, Request: 1.56, Intake: 1.56, Paged: 0.312,
	}, Fitted: Fitted{
		Versions: "vLLM 0.6.1 (V0, ROCm)", GPUs: []string{"mi300x"}, Date: "2026-11-29",
	}}
	vllmV0Tuned = Generation{Name: "vllm-v0-rocm-tuned", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.6, Cache: 1, Arithmetic: 0.9, Grouped: 0.3, Layer: 24.7, Experts: 50, Reduce: 8.92, Launch: 60, Step: 1364,
		Sequence: 6.37, Request: 2.57, Intake: 2.57, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "vLLM 0.6.x of November 2024 (V0, ROCm)", GPUs: []string{"mi300x"}, Date: "2026-11-29",
	}}
	trtllm = Generation{Name: "tensorrt-llm", Overlaps: true, WholePrompts: true, OwnCheckpoints: true,
		Coefficients: Coefficients{
			Weights: 0.781, Cache: 1, Arithmetic: 1.05, Grouped: 0.652, Layer: 58.7, Experts: 7.92, Reduce: 0.827, Launch: 25.9,
			Step: 1631, Sequence: 14.8, Request: 2.33, Intake: 1.82, Paged: 0.25,
		}, Fitted: Fitted{
			Versions: "TensorRT-LLM 1.0, NIM 1.8", GPUs: []string{"h100-80gb", "h200-141gb", "b200-180gb", "gb200-192gb"},
			Date: "2026-11-30",
		}}
	tgi = Generation{Name: "tgi", WholePrompts: true, Coefficients: Coefficients{
		Weights: 0.828, Cache: 1, Arithmetic: 0.863, Grouped: 0.3, Layer: 27.5, Experts: 50, Reduce: 12, Launch: 60,
		Step: 1303, Sequence: 17.5, Request: 1.885, Intake: 1.885, Paged: 0.25,
	}, Fitted: Fitted{
		Versions: "TGI 2.0.1", GPUs: []string{"a10g"}, Date: "2026-11-29",
	}}
	// Nothing was measured of SGLang: it is taken to be as vLLM of its time.
	sglang = Generation{Name: "sglang", Overlaps: true, Coefficients: vllmAsync.Coefficients}
)
