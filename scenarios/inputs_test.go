package scenarios

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kube-rehearse/rehearse/scenarios/gallery"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// folder is an in-memory folder with a scenario and what it names.
func folder(scenario string) fs.FS {
	return fstest.MapFS{
		"s.yaml":          {Data: []byte(scenario)},
		"deployment.yaml": {Data: must(gallery.FS.ReadFile("ai-agent/deployment.yaml"))},
		"service.yaml":    {Data: must(gallery.FS.ReadFile("ai-agent/service.yaml"))},
		"backwards.csv":   {Data: []byte("t\n1\n2.5\n2\n")},
		"azure.csv": {
			Data: []byte(
				"TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,many\r\n")},
		"good.csv": {Data: []byte("t,in\n0,5\n1,6\n")},
		"mooncake.jsonl": {
			Data: []byte(
				"{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 1, \"hash_ids\": [0]}\n{\"timestamp\": 27}\n")},
		"idle.csv": {Data: []byte("0,1,1,Gamma,1,1\n600,0,0,,0,0\n")},
		"mooncake1.jsonl": {
			Data: []byte("{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 1, \"hash_ids\": [0]}\n")},
		"windows.csv": {Data: []byte("0,0,0,,0,0\n600,1,2,Gama,0.25,4\n")},
		"cut.csv.gz":  {Data: []byte("\x1f\x8b\x08\x00")},
		"vector.json": {Data: []byte(`{"status":"success","data":{"resultType":"vector","result":[]}}`)},
		"two.json": {Data: []byte(
			`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[0,"1"]]},{"values":[[0,"1"]]}]}}`)},
		"negative.json": {Data: []byte(
			`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[0,"1"],[60,"-1"]]}]}}`)},
		"traces/a.csv": {Data: []byte("0\n")},
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// Each file of testdata/scenarios/bad begins with the faults it has, all of
// them and in order, as comments "# want: …".
func TestBadScenarios(t *testing.T) {
	files, err := filepath.Glob("../testdata/scenarios/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var want []string
			for _, m := range regexp.MustCompile(`(?m)^# want: (.*)$`).FindAllStringSubmatch(string(data), -1) {
				want = append(want, m[1])
			}
			_, err = Load("s.yaml", Options{FS: folder(string(data))})
			require.Error(t, err)
			assert.Equal(t, strings.Join(want, "\n"), err.Error())
		})
	}
}

// The JSON Schema takes every shipped scenario and refuses slips that the
// decoder refuses.
func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scenario.json", schema))
	compiled, err := compiler.Compile("scenario.json")
	require.NoError(t, err)
	validate := func(text string) error {
		data, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err)
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		return compiled.Validate(instance)
	}
	for _, name := range gallery.Names() {
		text := string(must(gallery.FS.ReadFile(name + ".yaml")))
		assert.NoError(t, validate(text), name)
		assert.Error(t, validate(strings.Replace(text, "duration:", "durration:", 1)), name)
		assert.Error(t, validate(strings.Replace(text, "replications: ", "replications: many", 1)), name)
		assert.Error(t, validate(strings.Replace(text, "apiVersion:", "version:", 1)), name)
	}
}

// Every field of the language is in the schema with a description.
func TestSchemaDescribesEveryField(t *testing.T) {
	var schema map[string]any
	require.NoError(t, json.Unmarshal(Schema(), &schema))
	var walk func(t reflect.Type, at map[string]any, path string)
	walk = func(typ reflect.Type, at map[string]any, path string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			if typ.Kind() == reflect.Slice {
				at, _ = at["items"].(map[string]any)
			}
			typ = typ.Elem()
		}
		properties, _ := at["properties"].(map[string]any)
		if typ.Kind() != reflect.Struct || properties == nil {
			return
		}
		for i := range typ.NumField() {
			name := typ.Field(i).Tag.Get("yaml")
			if name == "" {
				continue
			}
			field, known := properties[name].(map[string]any)
			if assert.True(t, known, "%s.%s is not in the schema", path, name) {
				assert.NotEmpty(t, field["description"], "%s.%s has no description", path, name)
				walk(typ.Field(i).Type, field, path+"."+name)
			}
		}
	}
	walk(reflect.TypeFor[wire.Scenario](), schema, "")
}

// The gallery loads from the program itself, without a file system.
func TestGalleryLoadsFromTheProgram(t *testing.T) {
	for _, name := range gallery.Names() {
		spec, err := Load(name+".yaml", Options{FS: gallery.FS})
		require.NoError(t, err, name)
		assert.Equal(t, name, spec.Name)
		assert.NotEmpty(t, spec.Description)
	}
}

func FuzzScenarioFile(f *testing.F) {
	for _, name := range gallery.Names() {
		f.Add(string(must(gallery.FS.ReadFile(name + ".yaml"))))
	}
	f.Add("a: &a [*a]")
	f.Add(
		"apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\ncluster: {pools: [{name: a, capacity: {cpu: 1, memory: 1Gi}}]}\nmanifests: [deployment.yaml, {kind: Pod}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := Load("s.yaml", Options{FS: folder(text)})
		if err == nil && (spec.Duration <= 0 || spec.Replications < 1) {
			t.Fatalf("an empty run: %s, %d replications", spec.Duration, spec.Replications)
		}
	})
}

func FuzzManifestFile(f *testing.F) {
	for _, name := range []string{"ai-agent/deployment.yaml", "ai-agent/pod.yaml", "pending-forever/manifests.yaml"} {
		f.Add(string(must(gallery.FS.ReadFile(name))))
	}
	f.Add("kind: List\napiVersion: v1\nitems: [{kind: Pod, apiVersion: v1}, null, 3]\n")
	f.Fuzz(func(t *testing.T, text string) {
		files := fstest.MapFS{"m.yaml": {Data: []byte(text)}}
		spec, err := FromManifests([]string{"m.yaml"}, Options{FS: files, Nodes: []string{"1xcpu=4,memory=8Gi"},
			RPS: []string{"1"}})
		if err == nil && len(spec.Objects) == 0 {
			t.Fatal("nothing to run, and no fault")
		}
	})
}
