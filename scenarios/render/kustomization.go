package render

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// builtinSettings are those of a plug-in that kustomize has built in.
var builtinSettings = regexp.MustCompile(`apiVersion["']?\s*:\s*["']?builtin\b`)

// Fields of a kustomization that name folders or files, those that name files, and
// those for which kustomize starts the program helm.
var (
	folderFields = []string{"resources", "bases", "components", "generators", "transformers", "validators"}
	fileFields   = []string{"crds", "configurations", "patchesStrategicMerge"}
	pathFields   = []string{"patches", "patchesJson6902", "replacements", "openapi"}
	sourceFields = []string{"configMapGenerator", "secretGenerator"}
	helmFields   = []string{"helmCharts", "helmChartInflationGenerator", "helmGlobals"}
)

// checker looks for what a kustomization must not name.
type checker struct {
	tree        *fileSystem
	shown       string // the file
	dir, folder string // its folder, absolute and as shown
}

// check is a fault of a kustomization that kustomize would go out for, or tell without
// its place. What it can't read is left to kustomize.
func (t *fileSystem) check(name, shown string, data []byte) error {
	var document yaml.Node
	if yaml.Unmarshal(data, &document) != nil || len(document.Content) == 0 ||
		document.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	c := checker{tree: t, shown: shown, dir: filepath.Dir(name), folder: filepath.Dir(shown)}
	root := document.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := c.field(root.Content[i].Value, root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) field(name string, value *yaml.Node) error {
	value = resolved(value)
	switch {
	case slices.Contains(folderFields, name):
		return each(value, name, func(n *yaml.Node, at string) error { return c.path(n, at, n.Value, true) })
	case slices.Contains(fileFields, name):
		return each(value, name, func(n *yaml.Node, at string) error { return c.path(n, at, n.Value, false) })
	case name == "openapi":
		return c.member(value, name, "path")
	case slices.Contains(pathFields, name):
		return each(value, name, func(n *yaml.Node, at string) error { return c.member(n, at, "path") })
	case slices.Contains(sourceFields, name):
		return each(value, name, c.sources)
	case slices.Contains(helmFields, name):
		return c.fault(value, name, "must be a chart folder of its own: kustomize starts the program helm for it, and "+
			"rehearse starts none")
	}
	return nil
}

// sources looks at the files of a generator: NAME=PATH or PATH.
func (c checker) sources(n *yaml.Node, at string) error {
	if err := each(child(n, "files"), at+".files", func(n *yaml.Node, at string) error {
		_, path, named := strings.Cut(n.Value, "=")
		if !named {
			path = n.Value
		}
		return c.path(n, at, path, false)
	}); err != nil {
		return err
	}
	if err := each(child(n, "envs"), at+".envs", func(n *yaml.Node, at string) error {
		return c.path(n, at, n.Value, false)
	}); err != nil {
		return err
	}
	return c.member(n, at, "env")
}

// member looks at the path that a field of an object names.
func (c checker) member(n *yaml.Node, at, name string) error {
	if path := child(n, name); path != nil && path.Value != "" {
		return c.path(path, at+"."+name, path.Value, false)
	}
	return nil
}

// remote is what kustomize takes for something to fetch
// (sigs.k8s.io/kustomize/api/internal/git/repospec.go), and a little more.
var remote = regexp.MustCompile(`(?i)://|^git::|^[a-z][a-z0-9-]*@|^github\.com[/:]|^gh:`)

// path is a fault of a path that leads to nothing, out of the folder, or to another
// machine. A text of several lines stands for itself.
func (c checker) path(n *yaml.Node, at, path string, folders bool) error {
	if strings.ContainsAny(path, "\n{") || path == "" {
		if builtinSettings.MatchString(path) && strings.Contains(path, "://") {
			return c.fault(n, at, "must name files, got a URL: nothing is fetched")
		}
		return nil
	}
	if remote.MatchString(path) {
		return c.fault(n, at, "must be a file or a folder here, got %.120q: nothing is fetched; `kustomize localize %s` "+
			"makes a copy of all that it names", path, c.folder)
	}
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(c.dir, path)
	}
	what := "a file"
	if folders {
		what = "a file or a folder"
	}
	info, err := c.tree.files.Stat(full)
	if err != nil {
		return c.fault(n, at, "must be %s, got %.120q: %s", what, path, lastPart(err))
	}
	if info.IsDir() {
		if folders {
			return nil
		}
		return c.fault(n, at, "must be %s, got the folder %.120q", what, path)
	}
	real, err := c.tree.files.Absolute(full)
	if err != nil {
		return err
	}
	if below, err := filepath.Rel(c.dir, real); err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return c.fault(n, at, "must be in the folder of its kustomization or below it, got %.120q: kustomize takes no file "+
			"from elsewhere", path)
	}
	return nil
}

func (c checker) fault(n *yaml.Node, at, format string, arguments ...any) error {
	return Fault{File: c.shown, Line: n.Line, Field: at, Message: fmt.Sprintf(format, arguments...)}
}

// lastPart is the cause of an error of files.
func lastPart(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}

// each calls f for the elements of a list; each is named by its index.
func each(n *yaml.Node, at string, f func(*yaml.Node, string) error) error {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	for i, element := range n.Content {
		if err := f(resolved(element), fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func child(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return resolved(n.Content[i+1])
		}
	}
	return nil
}

func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// withOrigins has kustomize say where each object comes from.
func (t *fileSystem) withOrigins(data []byte) ([]byte, error) {
	const field, want = "buildMetadata", "originAnnotations"
	var document yaml.Node
	if yaml.Unmarshal(data, &document) != nil || len(document.Content) == 0 ||
		document.Content[0].Kind != yaml.MappingNode {
		return data, nil
	}
	root := document.Content[0]
	list := child(root, field)
	if list == nil || list.Kind != yaml.SequenceNode {
		if list != nil {
			return data, nil
		}
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: field}, list)
	}
	for _, element := range list.Content {
		if element.Value == want {
			t.keepsOrigins = true
			return data, nil
		}
	}
	list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: want})
	return yaml.Marshal(&document)
}
