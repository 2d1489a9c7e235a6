package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
)

func newCatalogueModels(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "models [TEXT]",
		Short: "List the models that service.llm knows",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error {
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "MODEL\tPARAMETERS\tACTIVE\tWEIGHTS\tKV CACHE A TOKEN\tLONGEST\tHUGGING FACE")
			found := false
			for _, name := range catalogue.ModelNames() {
				m, err := catalogue.FindModel(name)
				if err != nil {
					return err
				}
				if !strings.Contains(name+strings.ToLower(m.Repository), strings.ToLower(strings.Join(arguments, ""))) {
					continue
				}
				found = true
				about := ""
				if m.Approximate {
					about = "~"
				}
				fmt.Fprintf(w, "%s\t%s%.1fB\t%s%.1fB\t%.1f GiB %s\t%.0f KiB\t%d\t%s\n", name, about, m.Total()/1e9, about,
					m.Active()/1e9,
					m.WeightBytes()/(1<<30), m.Weights, m.KVBytes()/(1<<10), m.MaxPosition, m.Repository)
			}
			if !found {
				return badInput("no model contains %q", strings.Join(arguments, ""))
			}
			return w.Flush()
		},
	}
}

func newCatalogueGPUs(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "gpus",
		Short: "List the GPUs that service.llm knows",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "GPU\tMEMORY\tBANDWIDTH\t16-BIT\tFP8\tFP4\tLINK\tPRODUCT")
			speed := func(v float64) string {
				if v == 0 {
					return "-"
				}
				return fmt.Sprintf("%.0f TFLOPS", v/1e12)
			}
			for _, name := range catalogue.GPUNames() {
				g, err := catalogue.FindGPU(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s\t%.1f GiB\t%.0f GB/s\t%s\t%s\t%s\t%.0f GB/s\t%s\n", name, float64(g.Memory)/(1<<30),
					g.Bandwidth/1e9,
					speed(g.FLOPS), speed(g.FP8), speed(g.FP4), g.Link/1e9, g.Product)
			}
			return w.Flush()
		},
	}
}
