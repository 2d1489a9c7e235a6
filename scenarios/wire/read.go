package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/plain"
)

// Read reads the text of a scenario file with the changes of --set, and returns
// the changes that are meant for objects. The scenario is nil when the text is no
// document of one object; f has the faults.
func (f *Faults) Read(data []byte, set []string) (*Scenario, []*manifest.Change) {
	root := f.parse(data)
	if root == nil {
		return nil, nil
	}
	changes := f.override(root, set)
	if line, err := manifest.CheckExpansion(root); err != nil {
		f.Add(line, "", "%s", err)
		return nil, nil
	}
	s := &Scenario{}
	f.Decode(root, reflect.ValueOf(s).Elem(), "")
	f.lines = manifest.LinesOf(root)
	if len(set) > 0 { // which moves what it sets to lines that have none of it
		f.lines = manifest.NewLines(data, 0)
	}
	if s.APIVersion != "" && s.APIVersion != APIVersion {
		f.Add(f.lines.Of("apiVersion"), "apiVersion", "must be %s, got %.60q", APIVersion, s.APIVersion)
	}
	if s.Kind != "" && s.Kind != Kind {
		f.Add(f.lines.Of("kind"), "kind", "must be %s, got %.60q", Kind, s.Kind)
	}
	return s, changes
}

// Lines are those of the text that Read has read.
func (f *Faults) Lines() manifest.Lines { return f.lines }

// parse reads the one document of a scenario file.
func (f *Faults) parse(data []byte) *yaml.Node {
	if err := manifest.CheckText(f.File, data); err != nil {
		f.AddError(err)
		return nil
	}
	if root := new(plain.Parser).Parse(data); root != nil {
		return root
	}
	var document, second yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(data))
	if err := reader.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			f.Add(1, "", "must be a scenario, got an empty file")
			return nil
		}
		line := 1
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		if _, scanErr := fmt.Sscanf(text, "line %d:", &line); scanErr == nil {
			_, text, _ = strings.Cut(text, ": ")
		}
		f.Add(line, "", "must be YAML: %s", text)
		return nil
	}
	if err := reader.Decode(&second); !errors.Is(err, io.EOF) {
		f.Add(second.Line, "", "must be one document, got several")
		return nil
	}
	root := document.Content[0]
	if line, err := manifest.CheckExpansion(root); err != nil {
		f.Add(line, "", "%s", err)
		return nil
	}
	if root.Kind != yaml.MappingNode {
		f.Add(root.Line, "", "must be an object with apiVersion and kind, got %s", kindOf(root))
		return nil
	}
	return root
}

// override applies --set to the scenario and returns those meant for objects.
func (f *Faults) override(root *yaml.Node, set []string) []*manifest.Change {
	var changes []*manifest.Change
	for _, text := range set {
		c, is, err := manifest.ParseChange(text)
		switch {
		case err != nil:
			f.Add(0, "--set", "%s", err)
		case is:
			changes = append(changes, c)
		default:
			path, _, _ := strings.Cut(text, "=")
			if err := override(root, text); err != nil {
				f.Add(0, "--set", "%s", err)
				continue
			}
			f.set = append(f.set, setField{path, text})
		}
	}
	return changes
}
