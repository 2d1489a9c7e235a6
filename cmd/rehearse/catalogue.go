package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/nodes"
)

func newCatalogue(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "catalogue [TEXT]",
		Short: "List the instance types that --nodes and pools know, models, or GPUs",
		Example: `  rehearse catalogue
  rehearse catalogue g5
  rehearse catalogue models qwen3`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error {
			filter := strings.ToLower(strings.Join(arguments, ""))
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "TYPE\tVCPU\tMEMORY\tGPU\tALLOCATABLE CPU\tALLOCATABLE MEMORY\tMAX PODS\tUSD/H")
			found := false
			for _, shape := range nodes.Catalogue() {
				name := shape.Provider + "/" + shape.Type
				if !strings.Contains(strings.ToLower(name), filter) && !strings.Contains(strings.ToLower(shape.GPU), filter) {
					continue
				}
				found = true
				gpu, price := "-", "-"
				if shape.GPUs > 0 {
					gpu = fmt.Sprintf("%d × %s", shape.GPUs, shape.GPU)
				}
				if shape.USDPerHour > 0 {
					price = fmt.Sprintf("%.4f", shape.USDPerHour)
				}
				allocatable := shape.Allocatable()
				capacity := shape.Capacity()
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", name, capacity.Cpu(), capacity.Memory(), gpu,
					allocatable.Cpu(), allocatable.Memory(), shape.MaxPods, price)
			}
			if !found {
				return badInput("no instance type or GPU contains %q", filter)
			}
			return w.Flush()
		},
	}
	c.AddCommand(newCatalogueModels(s), newCatalogueGPUs(s))
	return c
}
