package manifest

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/scenarios/render"
)

const chartOfWeb = `apiVersion: v2
name: web
version: 0.1.0
`

const valuesOfWeb = `replicas: 2
image: {repository: web, tag: "1"}
extra: {b: 1, a: 2, c: 3}
text: '{{ keys .Values.extra | join "-" }}{{ "" }}'
resources:
  requests: {cpu: 100m, memory: 64Mi}
`

const templateOfWeb = `{{- /* one line, or two */ -}}
{{- if .Values.replicas }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  annotations:
    by: {{ .Capabilities.KubeVersion.Version | quote }}
    rollme: {{ randAlphaNum 5 | quote }}
    at: {{ now | date "2006-01-02" | quote }}
    of: {{ tpl .Values.text . | quote }}
    all: {{ .Values.extra | values | join "-" | quote }}
    ca: {{ $ca := genCA "me" 365 }}{{ (genSignedCert "you" nil nil 30 $ca).Cert | b64enc | quote }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

// files is a file system of texts by path.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func webChart(pairs ...string) fstest.MapFS {
	return files(append([]string{"web/Chart.yaml", chartOfWeb, "web/values.yaml", valuesOfWeb,
		"web/templates/deployment.yaml", templateOfWeb, "web/templates/NOTES.txt", "{{ .Release.Name }} is there"},
		pairs...)...)
}

func readFS(f fs.FS, path string, chart Chart) (*Set, error) {
	return Read([]string{path}, Options{Files: Files{FS: f}, Chart: chart})
}

// deploymentOf is the one Deployment of a set.
func deploymentOf(t *testing.T, set *Set) *appsv1.Deployment {
	t.Helper()
	for _, o := range set.Objects {
		if d, is := o.Object.(*appsv1.Deployment); is {
			return d
		}
	}
	t.Fatal("no Deployment")
	return nil
}

// A chart is rendered with its values, those of files over them, and those that are
// set over all; the same each time.
func TestCharts(t *testing.T) {
	f := webChart("prod.yaml", "replicas: 5\nimage: {tag: \"2\"}\n")
	chart := Chart{Release: "shop",
		Values: []Values{{File: "prod.yaml"}, {File: "here", Data: []byte("image: {repository: x}")}},
		Set:    []string{"resources.requests.memory=1Gi"}}
	set, err := readFS(f, "web", chart)
	require.NoError(t, err)
	d := deploymentOf(t, set)
	require.Equal(t, "shop-web", d.Name)
	require.EqualValues(t, 5, *d.Spec.Replicas)
	c := d.Spec.Template.Spec.Containers[0]
	require.Equal(t, "x:2", c.Image)
	require.Equal(t, "1Gi", c.Resources.Requests.Memory().String())
	require.Equal(t, "100m", c.Resources.Requests.Cpu().String())
	require.Equal(t, map[string]string{"by": KubeVersion, "rollme": "xxxxx", "at": "2026-01-05", "of": "a-b-c", "all": "2-1-3",
		"ca": "Q0VSVElGSUNBVEU="}, d.Annotations)
	require.Len(t, set.Objects, 2, "the Service, too, and no notes")
	for range 5 {
		again, err := readFS(f, "web", chart)
		require.NoError(t, err)
		require.Equal(t, d, deploymentOf(t, again))
	}
	set, err = readFS(f, "web/Chart.yaml", Chart{})
	require.NoError(t, err)
	require.Equal(t, "release-name-web", deploymentOf(t, set).Name, "as helm template has it")
}

// The version that charts are told is that of the code.
func TestKubeVersion(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	require.Contains(t, string(text), "k8s.io/kubernetes "+KubeVersion+"\n")
}

// A fault of an object of a chart stands at the line of its template.
func TestLinesOfCharts(t *testing.T) {
	for field, want := range map[string]string{
		"        image: \"{{": "web/templates/deployment.yaml:23: spec.template.spec.containers[0].bogus: ",
		"  replicas:":         "web/templates/deployment.yaml:16: spec.bogus: ",
		"  name: {{":          "web/templates/deployment.yaml:7: metadata.bogus: ",
	} {
		i := strings.Index(templateOfWeb, field)
		end := i + strings.Index(templateOfWeb[i:], "\n") + 1
		indent := field[:len(field)-len(strings.TrimLeft(field, " "))]
		f := webChart("web/templates/deployment.yaml", templateOfWeb[:end]+indent+"bogus: 1\n"+templateOfWeb[end:])
		_, err := readFS(f, "web", Chart{})
		require.ErrorContains(t, err, want)
	}
	wrong := strings.Replace(valuesOfWeb, "100m", "1OOm", 1)
	_, err := readFS(webChart("web/values.yaml", wrong), "web", Chart{})
	require.ErrorContains(t, err, "web/templates/deployment.yaml:23: spec.template.spec.containers[0].resources.requests",
		"the line of what toYaml wrote is that before it")
}

const baseOfWeb = `# the base
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
`

// A kustomization is built over its bases, and its objects stand where they are written.
func TestKustomizations(t *testing.T) {
	const overlay = `resources: [../../base]
namePrefix: prod-
namespace: shop
replicas: [{name: web, count: 3}]
images: [{name: web, newTag: "2"}]
configMapGenerator: [{name: c, files: [a.txt]}]
`
	f := files("k/base/kustomization.yaml", "resources: [web.yaml]", "k/base/web.yaml", baseOfWeb,
		"k/overlays/prod/kustomization.yaml", overlay, "k/overlays/prod/a.txt", "a")
	set, err := readFS(f, "k/overlays/prod", Chart{})
	require.NoError(t, err)
	d := deploymentOf(t, set)
	require.Equal(t, "shop/prod-web", d.Namespace+"/"+d.Name)
	require.EqualValues(t, 3, *d.Spec.Replicas)
	require.Equal(t, "web:2", d.Spec.Template.Spec.Containers[0].Image)
	require.Empty(t, d.Annotations, "what says where it stands is taken away")
	for _, o := range set.Objects {
		if o.Object == d {
			require.Equal(t, "k/base/web.yaml:17", place1(o.Source, "spec.template.spec.containers[0].image"))
		}
	}

	f["k/overlays/prod/kustomization.yaml"].Data = []byte(overlay + `patches:
- target: {kind: Deployment}
  patch: |-
    - {op: add, path: /spec/template/spec/containers/0/bogus, value: 1}
`)
	_, err = readFS(f, "k/overlays/prod", Chart{})
	require.ErrorContains(t, err, "k/base/web.yaml:16: spec.template.spec.containers[0].bogus")
}

func place1(s Source, field string) string { return s.File + ":" + strconv.Itoa(s.Lines.Of(field)) }

// With -R charts and kustomizations below a folder are read as what they are, and
// without it they are told.
func TestRenderedBelow(t *testing.T) {
	f := files("all/a.yaml", strings.ReplaceAll(baseOfWeb, "name: web}", "name: plain}"),
		"all/k/kustomization.yml", "resources: [web.yaml]", "all/k/web.yaml", baseOfWeb)
	for name, file := range webChart() {
		f[path.Join("all/c", name)] = file
	}
	set, err := readFS(f, "all", Chart{})
	require.NoError(t, err)
	require.Len(t, set.Objects, 2)
	require.Len(t, set.Ignored, 2)
	require.Equal(t, "a kustomization that is not read; -R reads it", set.Ignored[1].Reason)
	set, err = Read([]string{"all"}, Options{Files: Files{FS: f, Recursive: true}})
	require.NoError(t, err)
	require.Len(t, set.Objects, 6)
}

// Each folder that can't be read gets one line.
func TestBadFolders(t *testing.T) {
	const kustomization = "k/kustomization.yaml"
	for name, c := range map[string]struct {
		files fstest.MapFS
		path  string
		chart Chart
		want  string
	}{
		"no chart for the values": {files("k/web.yaml", baseOfWeb, "v.yaml", "a: 1"), "k",
			Chart{Values: []Values{{File: "v.yaml"}}},
			"--values: must go with a chart, found none in k"},
		"no chart for a value": {files("k/web.yaml", baseOfWeb), "k", Chart{Set: []string{"a=1"}},
			"--set-values: must go with a chart, found none in k"},
		"no file of values": {webChart(), "web", Chart{Values: []Values{{File: "v.yaml"}}}, "v.yaml: file does not exist"},
		"values that are none": {webChart("v.yaml", "- a\n"), "web", Chart{Values: []Values{{File: "v.yaml"}}},
			"v.yaml: must be an object of values for a chart: got something else"},
		"values that are no YAML": {webChart("v.yaml", "a: 1\nb: [\n"), "web", Chart{Values: []Values{{File: "v.yaml"}}},
			"v.yaml:2: must be an object of values for a chart: "},
		"a value that is none": {webChart(), "web", Chart{Set: []string{"a[=1"}},
			"--set-values a[=1: must be NAME=VALUE as for helm --set: "},
		"template with a fault": {webChart("web/templates/x.yaml", "a: 1\nb: {{ .Values.x.y.z }}\n"), "web", Chart{},
			"web/templates/x.yaml:2: must be rendered by Helm: "},
		"template that is none": {webChart("web/templates/x.yaml", "a: 1\nb: {{ if }}\n"), "web", Chart{},
			"web/templates/x.yaml:2: must be rendered by Helm: missing value for if"},
		"template that asks for more": {
			webChart("web/templates/x.yaml", "a: {{ required \"a host is needed\" .Values.host }}\n"), "web",
			Chart{}, "web/templates/x.yaml:1: must be rendered by Helm: a host is needed"},
		"no YAML": {webChart("web/templates/x.yaml", "a: 1\n---\nb: 1\n{{ \"\" }}\n  c: [\n"), "web", Chart{},
			"web/templates/x.yaml:5: must become YAML: "},
		"the environment": {webChart("web/templates/x.yaml", "a: {{ env \"HOME\" }}\n"), "web", Chart{},
			"web/templates/x.yaml:1: must be rendered by Helm: function \"env\" not defined"},
		"chart that needs others": {
			webChart("web/Chart.yaml", chartOfWeb+"dependencies: [{name: redis, version: 1.x.x, repository: r}]\n"),
			"web", Chart{},
			"web/Chart.yaml: dependencies: must be in the folder charts, redis is missing: `helm dependency build web` fetches them"},
		"library": {webChart("web/Chart.yaml", chartOfWeb+"type: library\n"), "web", Chart{},
			"web/Chart.yaml: type: must be application"},
		"of another time": {webChart("web/Chart.yaml", chartOfWeb+"kubeVersion: <1.20\n"), "web", Chart{},
			"web/Chart.yaml: kubeVersion: must take Kubernetes v1.37.2, got \"<1.20\""},
		"values that the chart refuses": {
			webChart("web/values.schema.json", `{"properties": {"replicas": {"type": "string"}}}`), "web",
			Chart{}, "web/values.schema.json: must fit the values: at '/replicas': got number, want string"},
		"schema elsewhere": {webChart("web/values.schema.json", `{"$ref": "https://example.com/s.json"}`), "web", Chart{},
			"web/values.schema.json: must fit the values: "},
		"no head": {files("web/Chart.yaml", "a: 1"), "web", Chart{}, "web/Chart.yaml: must be the head of a chart: "},
		"no objects": {files("web/Chart.yaml", chartOfWeb), "web", Chart{},
			"web: must make at least one object, got a chart that makes none"},

		"outside": {files(kustomization, "resources:\n- ../web.yaml\n", "web.yaml", baseOfWeb), "k", Chart{},
			"k/kustomization.yaml:2: resources[0]: must be in the folder of its kustomization or below it, got \"../web.yaml\""},
		"patch outside": {files(kustomization, "resources: [web.yaml]\npatches: [{path: ../p.yaml}]\n", "k/web.yaml",
			baseOfWeb, "p.yaml", "a: 1"),
			"k", Chart{}, "k/kustomization.yaml:2: patches[0].path: must be in the folder"},
		"nowhere": {files(kustomization, "resources: [../base]\n"), "k", Chart{},
			"k/kustomization.yaml:1: resources[0]: must be a file or a folder, got \"../base\": file does not exist"},
		"remote": {files(kustomization, "resources:\n- https://github.com/a/b//c?ref=v1\n"), "k", Chart{},
			"k/kustomization.yaml:2: resources[0]: must be a file or a folder here, got \"https://github.com/a/b//c?ref=v1\": nothing is fetched"},
		"remote of the old form": {files(kustomization, "bases: [\"git@github.com:a/b\"]\n"), "k", Chart{},
			"k/kustomization.yaml:1: bases[0]: must be a file or a folder here"},
		"remote by a base": {files(kustomization, "resources: [../b]", "b/kustomization.yaml",
			"components: [github.com/a/b]\n"), "k", Chart{},
			"b/kustomization.yaml:1: components[0]: must be a file or a folder here"},
		"remote in settings": {files(kustomization, "resources: [web.yaml]\ntransformers: [t.yaml]\n", "k/web.yaml",
			baseOfWeb, "k/t.yaml",
			"apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: https://example.com/p.yaml\n"), "k",
			Chart{},
			"k/t.yaml: must name files, got a URL"},
		"plug-in": {files(kustomization, "resources: [web.yaml]\ntransformers: [t.yaml]\n", "k/web.yaml", baseOfWeb,
			"k/t.yaml",
			"apiVersion: example.com/v1\nkind: Shell\nmetadata: {name: p}\n"), "k", Chart{},
			"k/kustomization.yaml: must be built by kustomize: "},
		"helm for kustomize": {files(kustomization, "helmCharts:\n- name: redis\n"), "k", Chart{},
			"k/kustomization.yaml:2: helmCharts: must be a chart folder of its own"},
		"unknown field": {files(kustomization, "resourcez: [a]\n"), "k", Chart{},
			"k/kustomization.yaml: must be built by kustomize: "},
		"cycle": {files(kustomization, "resources: [../b]", "b/kustomization.yaml", "resources: [../k]\n"), "k", Chart{},
			"must be built by kustomize: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readFS(c.files, c.path, c.chart)
			require.Error(t, err)
			require.Contains(t, err.Error(), c.want)
			require.NotContains(t, err.Error(), "\n", "one fault, one line")
		})
	}
}

// Bases that are named twice at every level end before they fill the memory.
func TestKustomizationsThatDouble(t *testing.T) {
	f := files("k0/kustomization.yaml", "resources: [w.yaml]", "k0/w.yaml", baseOfWeb)
	for i := range 20 {
		n, last := "k"+strconv.Itoa(i+1), "k"+strconv.Itoa(i)
		for _, side := range []string{"a", "b"} {
			f[n+"/"+side+"/kustomization.yaml"] = &fstest.MapFile{
				Data: []byte("namePrefix: " + side + "\nresources: [../../" + last + "]")}
		}
		f[n+"/kustomization.yaml"] = &fstest.MapFile{Data: []byte("resources: [a, b]")}
	}
	_, err := readFS(f, "k20", Chart{})
	require.ErrorContains(t, err, "must be part of at most 1000 kustomizations")
}

// A template without an end is given up.
func TestTemplatesWithoutEnd(t *testing.T) {
	old := render.LongestRendering
	defer func() { render.LongestRendering = old }()
	render.LongestRendering = 1
	_, err := readFS(webChart(), "web", Chart{})
	require.ErrorContains(t, err, "web: must be rendered within 1ns, a template takes more")
}

// One object that stands twice with the same content is read once.
func TestTwiceTheSame(t *testing.T) {
	set, err := read(deployment + "---\n" + deployment)
	require.NoError(t, err)
	require.Len(t, set.Objects, 1)
	require.Len(t, set.Ignored, 1)
	require.Equal(t, "stands at m.yaml:2 too, with the same content: it is read once", set.Ignored[0].Reason)
}
