package nodes

import (
	"strconv"
	"strings"
)

// device is a GPU as the clouds and NVIDIA's feature discovery name it on nodes.
type device struct {
	// product is the value of nvidia.com/gpu.product, and memory of nvidia.com/gpu.memory
	// in MiB, as nvidia-smi shows it.
	product string
	memory  int64
	// gke is the value of cloud.google.com/gke-accelerator.
	gke string
}

// devices by the name and the memory in GB of a GPU; those of which there is one size
// by the name alone. Sources: NVIDIA's gpu-feature-discovery (product is the name by
// NVML with hyphens), GKE's "GPU platforms".
var devices = map[string]device{
	"T4":           {"Tesla-T4", 15360, "nvidia-tesla-t4"},
	"T4G":          {"NVIDIA-T4G", 15360, ""},
	"V100":         {"Tesla-V100-SXM2-32GB", 32768, "nvidia-tesla-v100"},
	"A10":          {"NVIDIA-A10", 23028, ""},
	"A10G":         {"NVIDIA-A10G", 23028, ""},
	"L4":           {"NVIDIA-L4", 23034, "nvidia-l4"},
	"L40S":         {"NVIDIA-L40S", 46068, ""},
	"A100 40":      {"NVIDIA-A100-SXM4-40GB", 40960, "nvidia-tesla-a100"},
	"A100 80":      {"NVIDIA-A100-SXM4-80GB", 81920, "nvidia-a100-80gb"},
	"H100 80":      {"NVIDIA-H100-80GB-HBM3", 81559, "nvidia-h100-80gb"},
	"H100 94":      {"NVIDIA-H100-NVL", 95830, ""},
	"H200":         {"NVIDIA-H200", 143771, "nvidia-h200-141gb"},
	"B200":         {"NVIDIA-B200", 183359, "nvidia-b200"},
	"B300":         {"NVIDIA-B300-SXM6-AC", 275040, ""},
	"RTX PRO 6000": {"NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", 97887, ""},
}

// families are the GPUs of EC2's families: the name and the memory in GB (AWS,
// "Accelerated computing instances").
var families = map[string]struct {
	name   string
	memory float64 // GiB, as the provider advertises it
}{
	"g4dn": {"T4", 16}, "g5": {"A10G", 22.35}, "g5g": {"T4G", 16}, "g6": {"L4", 22.35}, "gr6": {"L4", 22.35},
	"g6e": {"L40S", 44.7}, "g7e": {"RTX PRO 6000", 95.6}, "p3dn": {"V100", 32}, "p4d": {"A100", 40}, "p4de": {"A100", 80},
	"p5": {"H100", 80}, "p5e": {"H200", 141}, "p5en": {"H200", 141}, "p6-b200": {"B200", 179}, "p6-b300": {"B300", 268},
}

// device is the GPU of a machine, with what its labels say.
func (s Shape) device() (device, bool) {
	if d, known := devices[s.GPU]; known {
		return d, true
	}
	d, known := devices[s.GPU+" "+strconv.FormatInt(s.GPUMemory/gib, 10)]
	return d, known
}

// gpuLabels are the labels of a machine with GPUs: those of NVIDIA's feature
// discovery, and those of its cloud.
func (s Shape) gpuLabels(labels map[string]string) {
	if s.GPUs == 0 {
		return
	}
	count := strconv.FormatInt(s.GPUs, 10)
	labels["nvidia.com/gpu.present"], labels["nvidia.com/gpu.count"], labels["nvidia.com/gpu.product"] = "true", count,
		s.GPU
	if s.GPUMemory > 0 {
		labels["nvidia.com/gpu.memory"] = strconv.FormatInt(s.GPUMemory/mib, 10)
	}
	d, known := s.device()
	if known {
		labels["nvidia.com/gpu.product"], labels["nvidia.com/gpu.memory"] = d.product, strconv.FormatInt(d.memory, 10)
	}
	switch s.Provider {
	case "aws":
		if name := strings.ToLower(strings.ReplaceAll(s.GPU, " ", "-")); known {
			labels["karpenter.k8s.aws/instance-gpu-name"] = name
		}
		labels["karpenter.k8s.aws/instance-gpu-manufacturer"] = "nvidia"
		labels["karpenter.k8s.aws/instance-gpu-count"] = count
	case "gcp":
		if d.gke != "" {
			labels["cloud.google.com/gke-accelerator"], labels["cloud.google.com/gke-accelerator-count"] = d.gke, count
		}
	case "azure":
		labels["kubernetes.azure.com/accelerator"] = "nvidia"
	}
}

// typeLabels are the labels that a cloud gives a machine by its type.
func (s Shape) typeLabels(labels map[string]string) {
	if s.Provider != "aws" {
		return
	}
	family, size, _ := strings.Cut(s.Type, ".")
	labels["karpenter.k8s.aws/instance-family"], labels["karpenter.k8s.aws/instance-size"] = family, size
	labels["karpenter.k8s.aws/instance-category"] = family[:len(family)-len(
		strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz"))]
	labels["karpenter.k8s.aws/instance-cpu"] = strconv.FormatInt(s.CPU, 10)
	labels["karpenter.k8s.aws/instance-memory"] = strconv.FormatInt(s.Memory/mib, 10)
}
