package scenarios

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/build"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Options say how input is read and what of it is changed.
type Options = build.Options

// Error and Errors are faults of the input with their places.
type (
	Error  = wire.Error
	Errors = wire.Errors
)

// APIVersion and Kind head every scenario file.
const (
	APIVersion = wire.APIVersion
	Kind       = wire.Kind
)

// Schema is the JSON Schema (2020-12) of scenario files.
func Schema() []byte { return wire.Schema() }

// NearObjects are those of objects, Kind/namespace/name, that a person who wrote
// an unknown Kind/name may have meant, nearest first, three at most.
func NearObjects(got string, objects []string) []string { return wire.NearObjects(got, objects) }

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
	data, err := options.Files().Read(path)
	if err != nil {
		return nil, wire.AsErrors(err)
	}
	f := &wire.Faults{File: path}
	s, changes := f.Read(data, options.Set)
	var spec *cluster.Spec
	if s != nil {
		spec = build.Scenario(s, build.Source{Path: path, Lines: manifest.NewLines(data, 0), Changes: changes}, f, options)
	}
	if err := f.Or(); err != nil {
		return nil, err
	}
	return spec, nil
}

// FromManifests makes a Spec of manifests as they are: what they do not say is
// assumed, and the assumptions stand in the Spec.
func FromManifests(paths []string, options Options) (*cluster.Spec, error) {
	f := &wire.Faults{File: strings.Join(paths, ", ")}
	for _, p := range paths {
		if is, err := isScenario(p, options.Files()); err == nil && is {
			f.Add(0, "", "must be one scenario, or manifests only; %s is a scenario", p)
			return nil, f.Or()
		}
	}
	var changes []*manifest.Change
	for _, text := range options.Set {
		c, is, err := manifest.ParseChange(text)
		if err != nil || !is {
			f.Add(0, "--set", "must be Kind/name:PATH=VALUE for manifests, got %.80q", text)
			continue
		}
		changes = append(changes, c)
	}
	spec := build.Manifests(paths, changes, f, options)
	if err := f.Or(); err != nil {
		return nil, err
	}
	return spec, nil
}
