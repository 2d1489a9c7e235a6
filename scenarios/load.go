package scenarios

import (
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

// Inputs are the files that were read, which no output may replace.
type Inputs = manifest.Inputs

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

// Load reads a scenario file. The error is Errors, with every fault found.
func Load(path string, options Options) (*cluster.Spec, error) {
	data, err := options.Given().Read(path)
	if err != nil {
		return nil, wire.AsErrors(err)
	}
	shown := path
	if path == manifest.Stdin {
		shown = "standard input"
	}
	f := &wire.Faults{File: shown}
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
	if options.Inputs == nil {
		options.Inputs = &Inputs{} // so that a pipe is looked at and then read
	}
	f := &wire.Faults{File: strings.Join(paths, ", ")}
	for _, p := range paths {
		if is, err := IsScenario(p, options); err == nil && is {
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
