package render

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// checkSchemas holds the values to the schemas of a chart and of those that it brings,
// as helm.sh/helm/v3/pkg/chartutil/jsonschema.go does, but for what a schema refers to
// outside of itself: Helm would fetch it.
func (r *rendering) checkSchemas(c *chart.Chart, values map[string]any, below string) error {
	if c.Schema != nil {
		if err := checkSchema(c.Schema, values); err != nil {
			text := strings.NewReplacer("jsonschema validation failed with 'file:///values.schema.json#'",
				"").Replace(err.Error())
			return Fault{File: filepath.Join(r.folder, below, "values.schema.json"),
				Message: "must fit the values: " + strings.Trim(strings.Join(strings.Fields(text), " "), "- ")}
		}
	}
	for _, d := range c.Dependencies() {
		inner, _ := values[d.Name()].(map[string]any)
		if v, is := values[d.Name()].(chartutil.Values); is {
			inner = v
		}
		if err := r.checkSchemas(d, inner, filepath.Join(below, "charts", d.Name())); err != nil {
			return err
		}
	}
	return nil
}

func checkSchema(schema []byte, values map[string]any) (err error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nothing{})
	if err := compiler.AddResource("file:///values.schema.json", document); err != nil {
		return err
	}
	compiled, err := compiler.Compile("file:///values.schema.json")
	if err != nil {
		return err
	}
	return compiled.Validate(chartutil.Values(values).AsMap())
}

// nothing loads nothing.
type nothing struct{}

func (nothing) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") { // Helm takes a urn that it can't resolve for one that all fits
		return jsonschema.UnmarshalJSON(strings.NewReader("true"))
	}
	return nil, errors.New("a schema outside of the chart is not fetched")
}
