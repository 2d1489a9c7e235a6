package catalogue

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// GPU is a device as its vendor describes it.
type GPU struct {
	Name string
	// Product is the vendor's name with the form and the memory.
	Product string
	// Gigabytes is the memory that it is sold with, Memory what nvidia-smi shows
	// of it in bytes; Bandwidth is in bytes per second.
	Gigabytes int64
	Memory    int64
	Bandwidth float64
	// FLOPS is dense 16-bit matrix arithmetic per second, without sparsity; FP8 and
	// FP4 that of these formats, 0 where the GPU has none.
	FLOPS, FP8, FP4 float64
	// Link is bytes per second to the other GPUs of the node, in one direction.
	Link float64
	// PCIe says that the link is the bus of the host.
	PCIe bool
	// NoPeers says that GPUs reach each other only through the host's memory.
	NoPeers bool
	// Capability is CUDA's compute capability; ROCm says that it is AMD's.
	Capability float64
	ROCm       bool
	Source     string
}

//go:embed gpus.csv
var gpusCSV string

var gpus = sync.OnceValue(func() map[string]GPU {
	known := map[string]GPU{}
	for _, row := range table(gpusCSV) {
		g := GPU{
			Name: row.text("name"), Product: row.text("product"), Gigabytes: int64(row.count("gigabytes")),
			Memory:    int64(row.count("memory_mib")) << 20,
			Bandwidth: row.number("bandwidth_gb_s") * 1e9, FLOPS: row.number("tflops_16") * 1e12,
			FP8: row.number("tflops_fp8") * 1e12, FP4: row.number("tflops_fp4") * 1e12,
			Link: row.number("link_gb_s") * 1e9, PCIe: strings.HasPrefix(row.text("link"), "PCIe"),
			NoPeers: strings.Contains(row.text("link"), "no peers"), Source: row.text("source"),
		}
		if g.ROCm = row.text("capability") == "rocm"; !g.ROCm {
			g.Capability = row.number("capability")
		}
		known[g.Name] = g
	}
	return known
})

var profile = regexp.MustCompile(`^([1-7])g\.(\d{1,3})gb$`)

// slice is a MIG slice of a GPU: so many sevenths of its arithmetic, and of its
// bandwidth the part that it has of the memory.
func (g GPU) slice(text string) (GPU, error) {
	m := profile.FindStringSubmatch(text)
	if m == nil {
		return GPU{}, fmt.Errorf("must have a MIG profile like 3g.40gb after the slash, got %.60q", text)
	}
	compute, _ := strconv.Atoi(m[1])
	memory, _ := strconv.ParseInt(m[2], 10, 64)
	if memory > g.Gigabytes || memory == 0 {
		return GPU{}, fmt.Errorf("must have a profile of at most %d GB, got %.60q", g.Gigabytes, text)
	}
	part := float64(memory) / float64(g.Gigabytes)
	sevenths := float64(compute) / 7
	g.FLOPS, g.FP8, g.FP4 = g.FLOPS*sevenths, g.FP8*sevenths, g.FP4*sevenths
	g.Bandwidth *= part
	g.Memory = int64(float64(g.Memory) * part)
	g.Gigabytes = memory
	return g, nil
}

// Switched reports whether switches between the GPUs sum up what they reduce.
func (g *GPU) Switched() bool { return g.Capability >= 9 && g.Link >= 450e9 && !g.PCIe }

// FindGPU returns a GPU of the catalogue, or a MIG slice of one: a100-80gb, or
// a100-80gb/3g.40gb. The error says "must …".
func FindGPU(name string) (GPU, error) {
	if whole, part, is := strings.Cut(strings.ToLower(name), "/"); is {
		g, err := FindGPU(whole)
		if err != nil {
			return GPU{}, err
		}
		if g, err = g.slice(part); err != nil {
			return GPU{}, err
		}
		g.Name = whole + "/" + part
		return g, nil
	}
	g, known := gpus()[strings.ToLower(name)]
	if !known {
		return GPU{}, fmt.Errorf("must be one of %s, got %.60q", strings.Join(GPUNames(), ", "), name)
	}
	return g, nil
}

// GPUNames are the names of the catalogue's GPUs, sorted.
func GPUNames() []string {
	names := make([]string, 0, len(gpus()))
	for name := range gpus() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
