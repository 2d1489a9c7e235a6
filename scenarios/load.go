package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/nodes"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Options say how input is read and what of it is changed.
type Options struct {
	// Nodes are pools in short form (nodes.ParsePool); in a scenario they
	// replace its cluster.
	Nodes []string
	// RPS is the rate of requests to every Service that selects pods, for
	// manifests without a scenario.
	RPS float64
	// Duration, Seed and Replications override the scenario's; zero, or nil,
	// leaves them.
	Duration     time.Duration
	Seed         *uint64
	Replications int
	// Namespace is given to objects that name none.
	Namespace string
	// Set are changes: "path=value" of a scenario, "Kind/name:path=value" of
	// an object.
	Set []string
	// Stdin is read for the path "-".
	Stdin io.Reader
	// FS is where paths lead; nil is the file system of the machine.
	FS fs.FS
}

func (o Options) files() manifest.Files { return manifest.Files{FS: o.FS, In: o.Stdin} }

var scenarioHead = regexp.MustCompile(`(?m)^(?:apiVersion:\s*["']?rehearse\.dev/|kind:\s*["']?Scenario["']?\s*(?:#.*)?$)`)

// IsScenario reports whether a path is a scenario file and not a manifest.
func IsScenario(path string) (bool, error) { return isScenario(path, manifest.Files{}) }

func isScenario(path string, files manifest.Files) (bool, error) {
	if path == manifest.Stdin {
		return false, nil
	}
	list, err := files.Expand(path)
	if err != nil || len(list) != 1 || list[0] != path {
		if err != nil && list == nil && isFolder(err) {
			return false, nil
		}
		return false, err
	}
	data, err := files.Read(path)
	if err != nil {
		return false, err
	}
	return scenarioHead.Match(data) || bytes.Contains(data, []byte(`"rehearse.dev/`)), nil
}

// isFolder tells an empty folder, which reading as manifests will report, from
// a path that can't be read.
func isFolder(err error) bool {
	var e Error
	return errors.As(err, &e) && strings.HasPrefix(e.Message, "must hold")
}

// Load reads a scenario file. The error is Errors, with every fault found.
func Load(path string, options Options) (*cluster.Spec, error) {
	data, err := options.files().Read(path)
	if err != nil {
		return nil, asErrors(err)
	}
	f := &faults{file: path}
	root := f.parse(data)
	if root == nil {
		return nil, f.list.Or()
	}
	changes := f.override(root, options.Set)
	var s Scenario
	f.decode(root, reflect.ValueOf(&s).Elem(), "")
	lines := manifest.NewLines(data, 0)
	if s.APIVersion != "" && s.APIVersion != APIVersion {
		f.add(lines.Of("apiVersion"), "apiVersion", "must be %s, got %.60q", APIVersion, s.APIVersion)
	}
	if s.Kind != "" && s.Kind != Kind {
		f.add(lines.Of("kind"), "kind", "must be %s, got %.60q", Kind, s.Kind)
	}
	if options.RPS != 0 {
		f.add(0, "--rps", "goes with manifests; in a scenario use --set traffic[0].rate.constant=%v", options.RPS)
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	b := &builder{
		faults: f, lines: lines, folder: filepath.Dir(path), options: options,
		manifests: manifest.Options{Files: options.files(), Namespace: options.Namespace, Changes: changes},
	}
	if !b.passOver() {
		return nil, f.list.Or()
	}
	spec := b.build(&s)
	if !b.shaky["manifests"] && !b.shaky["timeline"] {
		f.unused(changes)
	}
	if err := f.list.Or(); err != nil {
		return nil, err
	}
	return spec, nil
}

// parse reads the one document of a scenario file.
func (f *faults) parse(data []byte) *yaml.Node {
	if err := manifest.CheckText(f.file, data); err != nil {
		f.list = append(f.list, asErrors(err)...)
		return nil
	}
	var document, second yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(data))
	if err := reader.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			f.add(1, "", "must be a scenario, got an empty file")
			return nil
		}
		line := 1
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		if _, scanErr := fmt.Sscanf(text, "line %d:", &line); scanErr == nil {
			_, text, _ = strings.Cut(text, ": ")
		}
		f.add(line, "", "must be YAML: %s", text)
		return nil
	}
	if err := reader.Decode(&second); !errors.Is(err, io.EOF) {
		f.add(second.Line, "", "must be one document, got several")
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		f.add(root.Line, "", "must be an object with apiVersion and kind, got %s", kindOf(root))
		return nil
	}
	return root
}

// override applies --set to the scenario and returns those meant for objects.
func (f *faults) override(root *yaml.Node, set []string) []*manifest.Change {
	var changes []*manifest.Change
	for _, text := range set {
		c, is, err := manifest.ParseChange(text)
		switch {
		case err != nil:
			f.add(0, "--set", "%s", err)
		case is:
			changes = append(changes, c)
		default:
			if err := override(root, text); err != nil {
				f.add(0, "--set", "%s", err)
			}
		}
	}
	return changes
}

// unused notes the changes that no object was found for.
func (f *faults) unused(changes []*manifest.Change) {
	for _, c := range changes {
		if !c.Used {
			f.add(0, "--set "+c.Text, "must name an object of the manifests, found no %s %q", c.Kind, c.Name)
		}
	}
}

func asErrors(err error) Errors {
	var list Errors
	var one Error
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return Errors{one}
	}
	return Errors{{Message: err.Error()}}
}

// FromManifests makes a Spec of manifests as they are: what they do not say is
// assumed, and the assumptions stand in the Spec.
func FromManifests(paths []string, options Options) (*cluster.Spec, error) {
	f := &faults{file: strings.Join(paths, ", ")}
	for _, p := range paths {
		if is, err := isScenario(p, options.files()); err == nil && is {
			f.add(0, "", "must be one scenario, or manifests only; %s is a scenario", p)
			return nil, f.list.Or()
		}
	}
	var changes []*manifest.Change
	for _, text := range options.Set {
		c, is, err := manifest.ParseChange(text)
		if err != nil || !is {
			f.add(0, "--set", "must be Kind/name:PATH=VALUE for manifests, got %.80q", text)
			continue
		}
		changes = append(changes, c)
	}
	b := &builder{
		faults: f, folder: ".", options: options,
		manifests: manifest.Options{Files: options.files(), Namespace: options.Namespace, Changes: changes},
	}
	spec := b.buildManifests(paths)
	f.unused(changes)
	if err := f.list.Or(); err != nil {
		return nil, err
	}
	return spec, nil
}

// addNodes puts machines into a Spec.
func addNodes(spec *cluster.Spec, list []*v1.Node) {
	for _, n := range list {
		spec.Nodes = append(spec.Nodes, n)
		spec.Pools[n.Name] = nodes.PoolOf(n)
		if shape, known := nodes.ShapeOf(n); known && shape.USDPerHour > 0 {
			spec.USDPerHour[n.Name] = shape.USDPerHour
		}
	}
}
