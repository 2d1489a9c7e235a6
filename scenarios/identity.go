package scenarios

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// IsScenario reports whether a path is a scenario file and not a manifest: one of
// its documents has an apiVersion of rehearse.dev, or the kind Scenario and no
// apiVersion at all, which is a scenario that lacks it. A pipe is read once only
// when options have Inputs.
func IsScenario(path string, options Options) (bool, error) {
	options, err := Confine([]string{path}, options)
	if err != nil {
		return false, err
	}
	files := options.Given()
	if folder, err := files.IsFolder(path); err != nil || folder {
		return false, err
	}
	data, err := files.Read(path)
	if err != nil {
		return false, err
	}
	return isScenario(data), nil
}

// group is what the apiVersion of a scenario begins with.
const group = "rehearse.dev/"

func isScenario(data []byte) bool {
	if !bytes.Contains(data, []byte(group)) && !bytes.Contains(data, []byte(wire.Kind)) {
		return false // which spares reading large manifests twice
	}
	return first.Match(data) || readsScenario(data)
}

// first is the apiVersion of a scenario as the first line of a text that is no comment,
// which spares reading a large scenario twice.
var first = regexp.MustCompile(`^(?:(?:---)?[ \t]*(?:#.*)?\r?\n)*apiVersion:[ \t]+["']?rehearse\.dev/`)

func readsScenario(data []byte) bool {
	reader := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := reader.Decode(&document); err != nil {
			return !errors.Is(err, io.EOF) && head.Match(data)
		}
		if len(document.Content) > 0 && namesScenario(document.Content[0]) {
			return true
		}
	}
}

// head is the apiVersion of a scenario, at the begin of a line, in a text that is
// no YAML; reading it as a scenario says where.
var head = regexp.MustCompile(`(?m)^apiVersion:\s*["']?rehearse\.dev/`)

func namesScenario(root *yaml.Node) bool {
	version, kind := "", ""
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		switch root.Content[i].Value {
		case "apiVersion":
			version = root.Content[i+1].Value
		case "kind":
			kind = root.Content[i+1].Value
		}
	}
	return strings.HasPrefix(version, group) || version == "" && kind == wire.Kind
}
