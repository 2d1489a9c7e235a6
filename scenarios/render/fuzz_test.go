package render

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// held are files in memory.
type held fstest.MapFS

func (h held) name(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name != "" {
		return name
	}
	return "."
}
func (h held) Read(name string) ([]byte, error) { return fs.ReadFile(fstest.MapFS(h), h.name(name)) }
func (h held) CheckYAML(string, []byte) error   { return nil }
func (h held) Entries(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(fstest.MapFS(h), h.name(name))
}
func (h held) Stat(name string) (fs.FileInfo, error) { return fs.Stat(fstest.MapFS(h), h.name(name)) }
func (h held) Absolute(name string) (string, error)  { return path.Clean("/" + name), nil }

// small leaves out what is only large, which other tests hold.
func small(texts ...string) bool {
	for _, text := range texts {
		if len(text) > 1000 || !utf8.ValidString(text) {
			return false
		}
		for _, word := range []string{"until", "repeat", "seq", "nindent", "indent", "&"} {
			if strings.Contains(text, word) {
				return false
			}
		}
	}
	return true
}

// holdTexts requires that what was made is the same each time, is YAML, and has a line
// of a file for each of its own; or one fault that names a file.
func holdTexts(t *testing.T, made func() ([]Text, []string, error)) {
	texts, warnings, err := made()
	again, warningsAgain, errAgain := made()
	require.Equal(t, texts, again)
	require.Equal(t, warnings, warningsAgain)
	if err != nil {
		require.Equal(t, err.Error(), errAgain.Error())
		var fault Fault
		if errors.As(err, &fault) {
			require.NotEmpty(t, fault.File)
			require.NotContains(t, fault.Message, "rehearse.dev/", "a template that we put there")
		}
		return
	}
	for _, text := range texts {
		require.NotEmpty(t, text.File)
		var any any
		require.NoError(t, yaml.Unmarshal(text.Data, &any), "%s", text.Data)
		if text.Written == nil {
			require.GreaterOrEqual(t, len(text.Lines), strings.Count(string(text.Data), "\n"))
		}
	}
}

// A chart of a stranger, with values of a stranger, becomes manifests that are the same
// each time, or is refused.
func FuzzRenderChart(f *testing.F) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"
	for _, template := range []string{
		pod, pod + "  a: {{ .Values.map | keys | join \"-\" }}{{ values .Values.map | toJson }}\n",
		"{{ tpl .Values.text . }}", "{{ range $k, $v := .Values.map }}\n---\n" + pod + "{{- end }}",
		"{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}",
		"a: {{ randAlphaNum 5 }}{{ uuidv4 }}{{ now }}",
		"{{ fail \"no\" }}", "{{ tpl 0 0 }}", "{{ keys", "a: [", "{{ \"a\" | repeat 3 }}", "{{- (genCA \"a\" 1).Cert -}}", "# {{ values }}"} {
		f.Add(template, "map: {b: 1, a: {c: 2}}\ntext: '{{ .Values.map.b }}'\n", "map.b=2",
			"{apiVersion: v2, name: web, version: 0.1.0}")
	}
	f.Add(pod, "a: 1", "a[3]=1,b={1,2}",
		"{apiVersion: v2, name: web, version: 1.0.0, dependencies: [{name: d, version: 1}]}")
	f.Add(pod, "- a", "=", "{apiVersion: v1, name: ../web, version: x, type: library, kubeVersion: '>9'}")
	f.Fuzz(func(t *testing.T, template, values, set, chart string) {
		if !small(template, values, set, chart) {
			return
		}
		files := held{"web/Chart.yaml": {Data: []byte(chart)}, "web/values.yaml": {Data: []byte(values)},
			"web/templates/a.yaml": {Data: []byte(template)}, "given.yaml": {Data: []byte(values)}}
		holdTexts(t, func() ([]Text, []string, error) {
			return RenderChart(files, "web", ChartOptions{KubeVersion: "v1.37.2", Set: []string{set},
				Values: []Values{{File: "given.yaml"}}})
		})
	})
}

// A kustomization of a stranger becomes manifests that are the same each time, or is
// refused; it reads nothing that it may not.
func FuzzBuild(f *testing.F) {
	const base = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
	for _, text := range []string{"resources: [base.yaml]\n", "resources: [.]\n", "resources: [..]\n",
		"namePrefix: x-\nresources: [base.yaml]\n",
		"configMapGenerator: [{name: a, literals: [a=b]}]\n", "resources: ['https://example.com/x']\n",
		"patches: [{target: {kind: Service}, patch: '[{op: remove, path: /spec}]'}]\nresources: [base.yaml]\n",
		"helmCharts: [{name: x}]\n",
		"transformers: ['apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: b']\n",
		"replacements: [{source: {kind: Service}, targets: []}]\n", "openapi: {path: /etc/passwd}\n", "- a", "a: ["} {
		f.Add(text, base)
	}
	f.Fuzz(func(t *testing.T, text, base string) {
		if !small(text, base) {
			return
		}
		files := held{"in/kustomization.yaml": {Data: []byte(text)}, "in/base.yaml": {Data: []byte(base)}}
		holdTexts(t, func() ([]Text, []string, error) { return Build(files, "in") })
	})
}
