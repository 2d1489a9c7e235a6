package timing

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// Find is the generation of an engine by its name and version as people write
// them ("vllm" "0.15.1"), on a GPU, for a model; nil for a name that is not known.
// Without a version it is the newest.
func Find(engine, version string, g *catalogue.GPU, m *catalogue.Model) *Generation {
	name := strings.ToLower(engine)
	switch {
	case name == "" || strings.Contains(name, "vllm") && !strings.Contains(name, "sglang"):
		return vllm(version, g, m)
	case strings.Contains(name, "sglang"):
		return &sglang
	case strings.Contains(name, "tensorrt") || strings.Contains(name, "trt") || strings.HasPrefix(name, "nim"):
		return &trtllm
	case strings.Contains(name, "tgi") || strings.Contains(name, "text-generation"):
		return &tgi
	}
	return nil
}

// latest are the versions from November 2024 on, with AMD's own attention and
// products tuned for its GPUs.
var latest = regexp.MustCompile(`0\.6\.[4-9]`)

var numbers = regexp.MustCompile(`(\d+)\.(\d+)`)

// vllm tells V0 (before 0.8), V1, V1 with CUDA graphs of whole iterations (from 0.10
// on) and with asynchronous scheduling as the default (from 0.14 on) apart. V0's attention is without FlashAttention on
// ROCm and with sliding windows.
func vllm(version string, g *catalogue.GPU, m *catalogue.Model) *Generation {
	minor, major := 1000, 0
	switch parts := numbers.FindStringSubmatch(version); {
	case parts != nil:
		major, _ = strconv.Atoi(parts[1])
		minor, _ = strconv.Atoi(parts[2])
	case strings.Contains(strings.ToUpper(version), "V0"), strings.HasPrefix(version, "2023"),
		strings.HasPrefix(version, "2024"):
		minor = 0
	case strings.HasPrefix(version, "2025"):
		minor = 10
	}
	switch {
	case major > 0 || minor >= 14:
		return &vllmAsync
	case minor >= 10:
		return &vllmV1Graphs
	case minor >= 8:
		return &vllmV1
	case g.ROCm && (minor > 6 || strings.Contains(version, "0.6.x") || latest.MatchString(version)):
		return &vllmV0Tuned
	case g.ROCm:
		return &vllmV0ROCm
	case m.Window > 0 && m.WindowLayers() == m.Layers:
		return &vllmV0Paged
	}
	return &vllmV0
}
