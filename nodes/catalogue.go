package nodes

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Prices are on demand, without discounts: AWS us-east-1 of 2026-07-20, Azure
// eastus of 2026-06-18, GCP us-central1 of cluster-autoscaler's table of
// 2026-06-23.
//
//go:embed instances.csv
var pricedCSV string

// The other EC2 types, with the pods that the VPC CNI allows.
//
//go:embed eks.csv
var eksCSV string

// On-demand prices of all EC2 types; the file says where they are from.
//
//go:embed prices.csv
var pricesCSV string

// GPU is how the NVIDIA device plugin advertises devices.
const GPU = v1.ResourceName("nvidia.com/gpu")

// Shape is an instance type.
type Shape struct {
	Provider, Type, Region string // aws, gcp or azure
	CPU                    int64  // virtual cores
	Memory                 int64  // bytes, as advertised
	Arch                   string // amd64 or arm64
	GPU                    string // model, "" for none
	GPUs                   int64
	GPUMemory              int64   // bytes a device, 0 when unknown
	USDPerHour             float64 // 0 when unknown
	MaxPods                int64
	NVMe                   int64   // bytes of local disk
	NetworkGbps            float64 // 0 when unknown
	EBSMBps                float64 // 0 when unknown
}

// Name is provider/type.
func (s Shape) Name() string { return s.Provider + "/" + s.Type }

// Capacity is what the kubelet would report for the whole machine.
func (s Shape) Capacity() v1.ResourceList {
	memory := s.Memory
	switch s.Provider {
	case "aws":
		memory = eksCapacity(s.Memory, s.Arch == "arm64")
	case "gcp":
		memory -= gkeKernel(memory)
	case "azure":
		memory = aksCapacity(memory)
	}
	return s.resources(size{cpu: 1000 * s.CPU, memory: memory})
}

// Allocatable is what is left for pods, by the provider's formula, in whole
// MiB.
func (s Shape) Allocatable() v1.ResourceList {
	var left size
	switch s.Provider {
	case "aws":
		left = eks(s.CPU, s.Memory, s.MaxPods, s.Arch == "arm64")
	case "gcp":
		left = gke(s.CPU, s.Memory)
	case "azure":
		left = aks(s.CPU, s.Memory, s.MaxPods)
	}
	return s.resources(left)
}

func (s Shape) resources(of size) v1.ResourceList {
	list := v1.ResourceList{
		v1.ResourceCPU:    *resource.NewMilliQuantity(of.cpu, resource.DecimalSI),
		v1.ResourceMemory: *resource.NewQuantity(of.memory/mib*mib, resource.BinarySI),
		v1.ResourcePods:   *resource.NewQuantity(s.MaxPods, resource.DecimalSI),
	}
	if s.GPUs > 0 {
		list[GPU] = *resource.NewQuantity(s.GPUs, resource.DecimalSI)
	}
	return list
}

// Catalogue lists the instance types by name.
func Catalogue() []Shape { return slices.Clone(catalogue()) }

var catalogue = sync.OnceValue(func() []Shape {
	shapes, prices := map[string]Shape{}, map[string]float64{}
	for _, row := range table(pricesCSV) {
		prices[row["type"]] = row.number("usd_per_hour")
	}
	// The embedded tables are part of the program: a fault in them is a bug.
	for _, row := range table(eksCSV) {
		s := Shape{Provider: "aws", Type: row["type"], Arch: row["arch"], CPU: row.integer("vcpu"),
			Memory: row.integer("memory_mib") * mib, MaxPods: row.integer("max_pods"), GPUs: row.integer("gpus")}
		s.USDPerHour = prices[s.Type]
		if s.GPUs > 0 {
			s.GPU = "NVIDIA"
			family, _, _ := strings.Cut(s.Type, ".")
			if f, known := families[family]; known {
				s.GPU, s.GPUMemory = f.name, int64(f.memory*float64(gib))
			}
		}
		shapes[s.Name()] = s
	}
	for _, row := range table(pricedCSV) {
		s := Shape{
			Provider: row["provider"], Type: row["type"], Region: row["region"], Arch: "amd64",
			CPU: row.integer("vcpu"), Memory: int64(row.number("memory_gib") * float64(gib)),
			GPU: row["gpu"], GPUs: row.integer("gpus"), GPUMemory: int64(row.number("gpu_memory_gib") * float64(gib)),
			USDPerHour: row.number("usd_per_hour"), MaxPods: row.integer("max_pods"),
			NVMe: int64(row.number("local_nvme_gb") * 1e9), NetworkGbps: row.number("network_gbps"),
			EBSMBps: row.number("ebs_mbps"),
		}
		shapes[s.Name()] = s
	}
	list := make([]Shape, 0, len(shapes))
	for _, s := range shapes {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Shape) int { return strings.Compare(a.Name(), b.Name()) })
	return list
})

type row map[string]string

func table(text string) []row {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment = '#'
	records, err := reader.ReadAll()
	if err != nil {
		panic(err)
	}
	var rows []row
	for _, r := range records[1:] {
		named := row{}
		for i, name := range records[0] {
			named[name] = r[i]
		}
		rows = append(rows, named)
	}
	return rows
}

func (r row) number(name string) float64 {
	if r[name] == "" {
		return 0
	}
	v, err := strconv.ParseFloat(r[name], 64)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return v
}

func (r row) integer(name string) int64 { return int64(r.number(name)) }

// Lookup finds an instance type by "provider/type", or by type alone where
// that is unique. Case does not matter. The error says "must be …, got …" and
// names the nearest.
func Lookup(name string) (Shape, error) {
	wanted := strings.ToLower(name)
	var found []Shape
	for _, s := range catalogue() {
		if strings.ToLower(s.Name()) == wanted || strings.ToLower(s.Type) == wanted {
			found = append(found, s)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		return Shape{}, fmt.Errorf("must name the provider too, since several have it, got %q", name)
	}
	hint := ""
	if near := nearest(wanted); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return Shape{}, fmt.Errorf("must be an instance type of the catalogue, got %.60q%s", name, hint)
}

// nearest is the name of the catalogue with the fewest edits from what was
// asked for, "" when all are far off.
func nearest(wanted string) string {
	best, distance := "", 4
	for _, s := range catalogue() {
		candidate := strings.ToLower(s.Name())
		if !strings.Contains(wanted, "/") {
			candidate = strings.ToLower(s.Type)
		}
		if len(wanted) > 60 {
			continue
		}
		if d := edits(wanted, candidate); d < distance {
			best, distance = s.Name(), d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		current := make([]int, len(b)+1)
		current[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			current[j+1] = min(previous[j]+change, previous[j+1]+1, current[j]+1)
		}
		previous = current
	}
	return previous[len(b)]
}
