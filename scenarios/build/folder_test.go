package build

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/gallery"
	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// folder is an in-memory folder with a scenario and what it names.
func folder(t *testing.T, scenario string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{
		"s.yaml":   {Data: []byte(scenario)},
		"good.csv": {Data: []byte("t,in\n0,5\n1,6\n")},
		"idle.csv": {Data: []byte("0,1,1,Gamma,1,1\n600,0,0,,0,0\n")},
		"mooncake1.jsonl": {
			Data: []byte("{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 1, \"hash_ids\": [0]}\n")},
	}
	for _, name := range []string{"deployment.yaml", "service.yaml"} {
		data, err := gallery.FS.ReadFile("ai-agent/" + name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

// read reads s.yaml of a folder.
func read(files fstest.MapFS) (*cluster.Spec, error) {
	data := files["s.yaml"].Data
	faults := &wire.Faults{File: "s.yaml"}
	var spec *cluster.Spec
	if s, changes := faults.Read(data, nil); s != nil {
		spec = Scenario(s, Source{Path: "s.yaml", Lines: manifest.NewLines(data, 0), Changes: changes}, faults,
			Options{FS: files})
	}
	return spec, faults.Or()
}
