package wire

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
)

// Options is what the chart is rendered with. file is the scenario, in which values in
// place stand, and path resolves a path of it.
func (c *Chart) Options(file string, path func(string) string, files manifest.Files) (manifest.Chart, error) {
	o := manifest.Chart{Release: c.Release, Set: c.SetValues}
	if !manifest.IsChart(path(c.Chart), files) {
		return o, fmt.Errorf("must be a folder with a Chart.yaml, or the archive of one, got %.80q", c.Chart)
	}
	for i, v := range c.Values {
		values := manifest.Values{File: path(v.Path)}
		if v.Inline != nil {
			data, err := yaml.Marshal(v.Inline)
			if err != nil {
				return o, fmt.Errorf("values[%d] must be values: %w", i, err)
			}
			values = manifest.Values{File: file, Data: data}
		}
		o.Values = append(o.Values, values)
	}
	return o, nil
}
