package render

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// Values is a file of values, or values in place.
type Values struct {
	File string
	Data []byte // nil for what File holds
}

// merged are the values that are given for a chart: files one over the other, then
// what is set one by one, as helm.sh/helm/v3/pkg/cli/values does.
func merged(files Files, o ChartOptions) (map[string]any, error) {
	base := map[string]any{}
	for _, v := range o.Values {
		given, err := readValues(files, v)
		if err != nil {
			return nil, err
		}
		base = over(base, given)
	}
	for _, text := range o.Set {
		if err := strvals.ParseInto(text, base); err != nil {
			return nil, Fault{File: "--set-values " + text,
				Message: "must be NAME=VALUE as for helm --set: " + strings.TrimPrefix(err.Error(), "failed parsing ")}
		}
	}
	return base, nil
}

func readValues(files Files, v Values) (map[string]any, error) {
	name, data := v.File, v.Data
	if data == nil {
		var err error
		if data, err = files.Read(name); err != nil {
			return nil, err
		}
	}
	if err := files.CheckYAML(name, data); err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(data, &values); err != nil {
		message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "), "yaml: ")
		f := Fault{File: name, Message: message}
		if n, err := fmt.Sscanf(message, "line %d:", &f.Line); n == 1 && err == nil {
			_, message, _ = strings.Cut(message, ": ")
		}
		if strings.Contains(message, "json:") {
			message = "got something else"
		}
		f.Message = "must be an object of values for a chart: " + message
		return nil, f
	}
	return values, nil
}

// over puts values over others: maps key by key, all else as a whole.
func over(base, on map[string]any) map[string]any {
	sum := make(map[string]any, len(base))
	for k, v := range base {
		sum[k] = v
	}
	for k, v := range on {
		a, both := sum[k].(map[string]any)
		if b, is := v.(map[string]any); is && both {
			v = over(a, b)
		}
		sum[k] = v
	}
	return sum
}
