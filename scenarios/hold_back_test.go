package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/kube-rehearse/rehearse/scenarios/gallery"
)

// place is a value of a file: its path, and how to put another in its place.
type place struct {
	path string
	node *yaml.Node
}

// placesOf lists the values under a node, the inner ones after the outer ones.
// What is inside of objects in place of manifests is left to their validation.
func placesOf(n *yaml.Node, path string) (list []place) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
			list = append(append(list, place{at, n.Content[i+1]}), placesOf(n.Content[i+1], at)...)
		}
	case yaml.SequenceNode:
		for i, element := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			if path != "manifests" && !strings.HasSuffix(path, ".apply") {
				list = append(append(list, place{at, element}), placesOf(element, at)...)
			}
		}
	}
	return list
}

// under reports whether a path leads further than another.
func under(path, outer string) bool {
	return strings.HasPrefix(path, outer+".") || strings.HasPrefix(path, outer+"[")
}

// keys writes the keys of maps, which faults put in brackets, as those of objects.
var keys = strings.NewReplacer("[", ".", "]", "")

// A value that can't be read is told of, wherever it stands in a scenario that is
// otherwise right; nothing else is, and nothing panics.
func TestOneUnreadableValueIsOneFault(t *testing.T) {
	for _, name := range gallery.Names() {
		data := must(gallery.FS.ReadFile(name + ".yaml"))
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal(data, &document))
		for _, p := range placesOf(document.Content[0], "") {
			before := *p.node
			*p.node = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map",
				Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "bad"},
					{Kind: yaml.ScalarNode, Tag: "!!str", Value: "bad"}}}
			if before.Kind == yaml.MappingNode {
				*p.node = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			}
			text := must(yaml.Marshal(&document))
			*p.node = before
			_, err := Load(name+".yaml", Options{FS: changed{name + ".yaml", text}})
			if err == nil {
				continue // an empty list where one may be left out
			}
			var faults Errors
			require.True(t, errors.As(err, &faults), "%s %s: %v", name, p.path, err)
			for _, f := range faults {
				field := keys.Replace(f.Field)
				related := field == keys.Replace(p.path) || under(field, keys.Replace(p.path)) || under(p.path, f.Field)
				assert.True(t, related, "%s: %s made unreadable: %s", name, p.path, f)
			}
		}
	}
}

// changed is the gallery with another text of one file.
type changed struct {
	name string
	text []byte
}

func (c changed) Open(name string) (fs.File, error) {
	if name == c.name {
		return fstest.MapFS{name: {Data: c.text}}.Open(name)
	}
	return gallery.FS.Open(name)
}
