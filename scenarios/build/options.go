package build

import (
	"io"
	"io/fs"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// Options say how input is read and what of it is changed.
type Options struct {
	// Nodes are pools in short form (nodes.ParsePool); in a scenario they
	// replace its cluster.
	Nodes []string
	// RPS are rates of requests, for manifests without a scenario: RATE for each
	// entrance, or Kind/name=RATE for a Service or the pods of a workload.
	RPS []string
	// LoadAfter is when these requests begin; nil is when the pods are expected to
	// listen.
	LoadAfter *time.Duration
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
	// Inputs, if given, notes which files were read.
	Inputs *manifest.Inputs
	// Confined reads nothing outside of the folders of the paths that are given,
	// and quotes nothing of the files that these name: for scenarios of strangers.
	Confined bool
	// Roots are those folders, where more than one path is given.
	Roots manifest.Roots
	// Recursive reads the folders of folders.
	Recursive bool
	// Chart is what charts among manifests are rendered with.
	Chart manifest.Chart
	// Strict refuses manifests with what a real cluster acts on and the simulation
	// does not.
	Strict bool
	// ExactScheduling lets the scheduler ask all plugins about each node for each pod.
	ExactScheduling bool
	// Extensions are kinds beside Kubernetes' own and KEDA's that are read and
	// simulated.
	Extensions []cluster.Extension
}

// Files is where the paths lead that files name.
func (o Options) Files() manifest.Files {
	return manifest.Files{FS: o.FS, In: o.Stdin, Inputs: o.Inputs, Roots: o.Roots, Recursive: o.Recursive}
}

// Given is where the paths lead that a person gives.
func (o Options) Given() manifest.Files {
	files := o.Files()
	files.Pipes = true
	return files
}

// unused notes the changes that no object was found for.
func (b *builder) unused(changes []*manifest.Change) {
	for _, c := range changes {
		if !c.Used {
			b.Add(0, "--set "+c.Text, "must name an object of the manifests, found no %s %q", c.Kind, c.Name)
		}
	}
}
