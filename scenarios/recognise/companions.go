package recognise

import (
	_ "embed"
	"regexp"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"
)

// Companion is a program of others that stands beside people's own.
type Companion struct {
	Name string `json:"name"`
	// Images are what the last part of an image's path holds, between its hyphens.
	Images []string `json:"images"`
	// Keeps says that it is asked by other programs only: a database, a cache, a
	// collector. Nobody outside of the cluster sends it requests.
	Keeps bool `json:"keeps"`
	// Workload is how it behaves, as an entry of workloads in a scenario.
	Workload map[string]any `json:"workload"`
	// Source is where the values come from, "" for an assumption.
	Source string `json:"source"`
}

//go:embed companions.yaml
var companionsYAML []byte

// Companions are those that are known.
var Companions = sync.OnceValue(func() []Companion {
	var list []Companion
	if err := yaml.UnmarshalStrict(companionsYAML, &list); err != nil {
		panic(err) // a part of the program, which a test reads
	}
	return list
})

var parts = regexp.MustCompile(`[^a-z0-9]+`)

func companionOf(w words) (Program, bool) {
	base := w.base()
	pieces := parts.Split(base, -1)
	for i := range Companions() {
		c := &Companions()[i]
		isPart := func(piece string) bool { return slices.Contains(c.Images, piece) }
		if isPart(base) || slices.ContainsFunc(pieces, isPart) {
			return Program{Name: c.Name, By: "its image", Companion: c}, true
		}
	}
	return Program{}, false
}
