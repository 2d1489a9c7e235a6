package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newVersion(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit it was built of, and that of Kubernetes it follows",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.Out, "rehearse version", version()) // as cobra writes it for --version
			return err
		},
	}
}

// version is what the build noted of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	text := strings.Trim(info.Main.Version, "()")
	if text == "" {
		text = "devel"
	}
	var parts []string
	if revision := settings["vcs.revision"]; revision != "" {
		if settings["vcs.modified"] == "true" {
			revision += " with changes"
		}
		parts = append(parts, "commit "+revision, settings["vcs.time"])
	}
	for _, d := range info.Deps {
		if d.Path == "k8s.io/kubernetes" {
			parts = append(parts, "Kubernetes "+strings.TrimPrefix(d.Version, "v"))
		}
	}
	return text + " (" + strings.Join(append(parts, info.GoVersion), ", ") + ")"
}
