package scenarios

import (
	"slices"
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

// Chart is what charts are rendered with, Values are some for it.
type (
	Chart  = manifest.Chart
	Values = manifest.Values
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

// Canonical is the name of an object with that of its kind, Deployment/web, for what
// kubectl takes: deploy/web or deployments.apps/web.
func Canonical(object string) string { return manifest.Canonical(object) }

// ReadYAML reads a file of settings, whose text expands to no more than it should.
func ReadYAML(path string, options Options) ([]byte, error) {
	data, err := options.Files().Read(path)
	if err != nil {
		return nil, err
	}
	return data, manifest.CheckYAML(path, data)
}

// Control reports whether a character steers a terminal, ends a line or turns the
// direction of writing instead of showing.
func Control(r rune) bool { return manifest.Control(r) }

// Visible is text of the input whose control characters are written as Go writes
// them.
func Visible(text string) string { return manifest.Visible(text) }

// Load reads a scenario file. The error is Errors, with every fault found.
func Load(path string, options Options) (*cluster.Spec, error) {
	options, err := Confine([]string{path}, options)
	if err != nil {
		return nil, wire.AsErrors(err)
	}
	data, err := options.Given().Read(path)
	if err != nil {
		return nil, wire.AsErrors(err)
	}
	shown := path
	if path == manifest.Stdin {
		shown = "standard input"
	}
	f := &wire.Faults{File: shown}
	if flag := options.Chart.Flag(); flag != "" {
		f.Add(0, flag, "goes with manifests; in a scenario write manifests: [{chart: PATH, values: [FILE]}]")
	}
	s, changes := f.Read(data, options.Set)
	var spec *cluster.Spec
	if s != nil {
		spec = build.Scenario(s, build.Source{Path: path, Lines: f.Lines(), Changes: changes}, f, options)
	}
	if err := f.Or(); err != nil {
		return nil, withoutContent(err, shown, options)
	}
	return spec, nil
}

// Confine bounds what is read to the folders of the paths.
func Confine(paths []string, options Options) (Options, error) {
	if !options.Confined || options.Roots != nil {
		return options, nil
	}
	var err error
	options.Roots, err = manifest.RootsOf(paths)
	return options, err
}

// withoutContent takes out of faults what they quote of files that the scenario
// names: such a file may be none of its author's.
func withoutContent(err error, own string, options Options) error {
	if !options.Confined {
		return err
	}
	faults := slices.Clone(wire.AsErrors(err))
	for i := range faults {
		if of := faults[i].File; of != own && of != "" && !strings.HasPrefix(of, "--") {
			faults[i].Message = manifest.WithoutContent(faults[i].Message)
		}
	}
	return faults
}

// FromManifests makes a Spec of manifests as they are: what they do not say is
// assumed, and the assumptions stand in the Spec.
func FromManifests(paths []string, options Options) (*cluster.Spec, error) {
	if options.Inputs == nil {
		options.Inputs = &Inputs{} // so that a pipe is looked at and then read
	}
	named := slices.Clone(paths)
	for _, v := range options.Chart.Values {
		named = append(named, v.File)
	}
	options, err := Confine(named, options)
	if err != nil {
		return nil, wire.AsErrors(err)
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
