package modelserver

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

// IsProduct reports whether a node's labels are of a GPU: kind is the first part of
// its name, and mebibytes its memory by the label, 0 for none.
func IsProduct(kind string, g *catalogue.GPU, product string, mebibytes int64) bool {
	if mebibytes > 0 && math.Abs(float64(mebibytes<<20)/float64(g.Memory)-1) >= 0.15 {
		return false
	}
	return slices.Contains(strings.FieldsFunc(strings.ToLower(product),
		func(r rune) bool { return r == '-' || r == ' ' || r == '_' }), kind)
}

// HasGPU reports whether a node advertises GPUs.
func HasGPU(n *v1.Node) bool {
	for name, q := range n.Status.Allocatable {
		if q.Sign() > 0 && nodes.IsGPU(name) {
			return true
		}
	}
	return false
}

// GPUOf is the GPU of the catalogue that a node's labels name.
func GPUOf(n *v1.Node) (string, error) {
	product := n.Labels["nvidia.com/gpu.product"]
	mebibytes, _ := strconv.ParseInt(n.Labels["nvidia.com/gpu.memory"], 10, 64)
	for _, name := range catalogue.GPUNames() {
		g, err := catalogue.FindGPU(name)
		kind, _, _ := strings.Cut(name, "-")
		if err == nil && IsProduct(kind, &g, product, mebibytes) {
			return name, nil
		}
	}
	if product == "" {
		return "", fmt.Errorf("node %s does not say which GPU it has (label nvidia.com/gpu.product)", n.Name)
	}
	return "", fmt.Errorf("the catalogue lacks the GPU of node %s, %s", n.Name, product)
}
