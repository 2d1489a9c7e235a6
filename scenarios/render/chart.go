package render

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

// ChartOptions are what a person gives to `helm template`.
type ChartOptions struct {
	Release   string // --name; "" is release-name, as with Helm
	Namespace string // --namespace; "" is default
	// KubeVersion is what .Capabilities.KubeVersion says, such as v1.37.2.
	KubeVersion string
	Values      []Values // --values, in this order
	Set         []string // --set
}

// Flag is the flag of one of the options that was given, "" for none.
func (o ChartOptions) Flag() string {
	switch {
	case len(o.Values) > 0:
		return "--values"
	case len(o.Set) > 0:
		return "--set-values"
	case o.Release != "":
		return "--release"
	}
	return ""
}

// DefaultRelease is the name of a release that got none, as `helm template` has it.
const DefaultRelease = "release-name"

// RenderChart makes the manifests of a chart as `helm template` does: in the order of
// an installation, hooks last, without NOTES.txt and the folder crds. What depends on
// the clock or on chance is the same each time (pin.go).
func RenderChart(files Files, folder string, o ChartOptions) ([]Text, []string, error) {
	loaded, err := load(files, folder)
	if err != nil {
		return nil, nil, err
	}
	given, err := merged(files, o)
	if err != nil {
		return nil, nil, err
	}
	r := rendering{folder: folder, chart: loaded, options: o}
	type outcome struct {
		texts    []Text
		warnings []string
		err      error
	}
	done := make(chan outcome, 1)
	go func() { // which can't be stopped when a template has no end
		var o outcome
		o.warnings = alone(func() { o.texts, o.err = r.render(given) })
		done <- o
	}()
	// A list that grows without end takes its next step within 10 ms, a quarter of its size.
	watch := time.NewTicker(2 * time.Millisecond)
	defer watch.Stop()
	end, most := time.After(LongestRendering), inUse()+mostMemory
	refused := func(bound string) ([]Text, []string, error) {
		return nil, nil, Fault{File: folder, Message: "must be rendered within " + bound + ", a template takes more"}
	}
	for {
		select {
		case o := <-done:
			return o.texts, o.warnings, o.err
		case <-end:
			return refused(LongestRendering.String())
		case <-watch.C:
			if inUse() > most {
				return refused("384Mi of memory")
			}
		}
	}
}

// LongestRendering is how long the templates of a chart may take.
var LongestRendering = 15 * time.Second

// mostMemory is how much the templates of a chart may take, in bytes.
const mostMemory = 384 << 20

// inUse are the bytes of the objects of this process.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// rendering is one chart on its way to manifests.
type rendering struct {
	folder  string
	chart   *chart.Chart
	options ChartOptions
	sources map[string]string // templates by the name that Helm gives them
}

// render follows renderResources of helm.sh/helm/v3/pkg/action/action.go and what
// install.go does before it.
func (r *rendering) render(given map[string]any) ([]Text, error) {
	sortDependencies(r.chart)
	if err := chartutil.ProcessDependenciesWithMerge(r.chart, given); err != nil {
		return nil, r.fault(err)
	}
	if err := r.installable(); err != nil {
		return nil, err
	}
	values, err := chartutil.ToRenderValuesWithSchemaValidation(r.chart, given, r.release(), r.capabilities(), true)
	if err != nil {
		return nil, r.fault(err)
	}
	if err := r.checkSchemas(r.chart, values["Values"].(chartutil.Values), ""); err != nil {
		return nil, err
	}
	r.sources = map[string]string{}
	r.pinTemplates(r.chart)
	pinValues(map[string]any(values["Values"].(chartutil.Values)))
	rendered, err := engine.Render(r.chart, values)
	if err != nil {
		return nil, r.fault(err)
	}
	return r.documents(rendered)
}

func (r *rendering) release() chartutil.ReleaseOptions {
	o := chartutil.ReleaseOptions{Name: r.options.Release, Namespace: r.options.Namespace, Revision: 1, IsInstall: true}
	if o.Name == "" {
		o.Name = DefaultRelease
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	return o
}

func (r *rendering) capabilities() *chartutil.Capabilities {
	c := chartutil.DefaultCapabilities.Copy()
	if v, err := chartutil.ParseKubeVersion(r.options.KubeVersion); err == nil {
		c.KubeVersion = *v
	}
	return c
}

// installable is a fault of a chart that Helm would not install.
func (r *rendering) installable() error {
	m := r.chart.Metadata
	file := filepath.Join(r.folder, chartFile)
	if m.Type == "library" {
		return Fault{File: file, Field: "type", Message: "must be application: a library chart has no manifests of its own"}
	}
	if want := m.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, r.capabilities().KubeVersion.String()) {
		return Fault{File: file, Field: "kubeVersion", Message: fmt.Sprintf("must take Kubernetes %s, got %q",
			r.capabilities().KubeVersion.String(), want)}
	}
	var missing []string
	for _, d := range m.Dependencies { // those that are enabled
		if !slices.ContainsFunc(r.chart.Dependencies(), func(c *chart.Chart) bool {
			return c.Name() == d.Name || d.Alias != "" && c.Name() == d.Alias
		}) {
			missing = append(missing, d.Name)
		}
	}
	if len(missing) > 0 {
		return Fault{File: file, Field: "dependencies", Message: fmt.Sprintf(
			"must be in the folder charts, %s missing: `helm dependency build %s` fetches them", are(missing), r.folder)}
	}
	return nil
}

func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// documents are what templates became, in the order of an installation.
func (r *rendering) documents(rendered map[string]string) ([]Text, error) {
	for name := range rendered {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(rendered, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(rendered, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, r.unreadable(rendered, err)
	}
	var list []Text
	after := map[string]int{} // the end of what was found last of a file
	lines := map[string][]int{}
	add := func(name, content string) {
		whole := rendered[name]
		if lines[name] == nil {
			lines[name] = origins(r.sources[name], whole)
		}
		at := strings.Index(whole[after[name]:], content)
		if at < 0 { // sorted before another one that stands first
			after[name], at = 0, max(0, strings.Index(whole, content))
		}
		at += after[name]
		after[name] = at + len(content)
		begin := strings.Count(whole[:at], "\n")
		list = append(list, Text{File: r.path(name), Data: []byte(content), Lines: lines[name][begin:]})
	}
	for _, m := range manifests {
		add(m.Name, m.Content)
	}
	for _, h := range hooks {
		add(h.Path, h.Manifest)
	}
	return list, nil
}

var yamlParseError = regexp.MustCompile(`^YAML parse error on (\S+): `)

// unreadable is the fault of a template that became no YAML.
func (r *rendering) unreadable(rendered map[string]string, err error) error {
	m := yamlParseError.FindStringSubmatch(err.Error())
	if m == nil {
		return r.fault(err)
	}
	whole := rendered[m[1]]
	lines := origins(r.sources[m[1]], whole)
	parts := releaseutil.SplitManifests(whole)
	f := Fault{File: r.path(m[1]), Message: "must become YAML: " + strings.TrimPrefix(err.Error(), m[0])}
	for _, name := range slices.SortedFunc(maps.Keys(parts), byNumber) {
		var head releaseutil.SimpleHead
		err := yaml.Unmarshal([]byte(parts[name]), &head)
		if err == nil {
			continue
		}
		message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "), "yaml: ")
		n := 1
		if in := lineOf.FindStringSubmatch(message); in != nil {
			n, _ = strconv.Atoi(in[1])
			message = strings.TrimPrefix(message, in[0])
		}
		n += strings.Count(whole[:max(0, strings.Index(whole, parts[name]))], "\n")
		f.Line, f.Message = lines[min(n, len(lines))-1], "must become YAML: "+message
		break
	}
	return f
}

var lineOf = regexp.MustCompile(`^line (\d+): `)

func byNumber(a, b string) int {
	order := releaseutil.BySplitManifestsOrder{a, b}
	switch {
	case order.Less(0, 1):
		return -1
	case order.Less(1, 0):
		return 1
	}
	return 0
}

// path is the file of a template, which Helm names from the chart on.
func (r *rendering) path(name string) string {
	_, inside, found := strings.Cut(name, "/")
	if !found {
		return filepath.Join(r.folder, chartFile)
	}
	return filepath.Join(r.folder, filepath.FromSlash(inside))
}

var place = regexp.MustCompile(`\(?([^\s():]+/[^\s():]+):(\d+)(?::\d+)?\)?:? ?`)

// asWritten has calls of tpl as a person wrote them.
var asWritten = strings.NewReplacer(pinnedTpl, "(tpl", strings.ReplaceAll(pinnedTpl, `"`, `\"`), "(tpl",
	"nested reference name: rehearse.dev/deeper", "nested reference name: tpl")

// inPinned is the way of an error through the templates of pins, which no person wrote.
var inPinned = regexp.MustCompile(
	`error calling include: template: \S*_pinned\.tpl:\d+:\d+: executing "rehearse\.dev/\w+" at <.*?>: `)

// fault turns an error of Helm into one with its place.
func (r *rendering) fault(err error) error {
	message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "template: "), "execution error at ")
	message = strings.TrimPrefix(message, "parse error at ")
	f := Fault{File: filepath.Join(r.folder, chartFile), Message: message}
	if m := place.FindStringSubmatchIndex(message); m != nil && m[0] == 0 {
		f.File = r.path(message[m[2]:m[3]])
		f.Line, _ = strconv.Atoi(message[m[4]:m[5]])
		f.Message = message[m[1]:]
	}
	f.Message = inPinned.ReplaceAllString(asWritten.Replace(f.Message), "")
	f.Message = "must be rendered by Helm: " + shorten(f.Message)
	return f
}

// shorten leaves the begin and the end of a long message, which is the cause.
func shorten(text string) string {
	const longest = 400
	if text = strings.Join(strings.Fields(text), " "); len(text) > longest {
		text = text[:longest/2] + " … " + text[len(text)-longest/2:]
	}
	return string(bytes.ToValidUTF8([]byte(text), []byte("?")))
}

// sortDependencies puts charts that a chart brings into the order of their names;
// Helm's loader finds them in that of a map.
func sortDependencies(c *chart.Chart) {
	list := slices.Clone(c.Dependencies())
	slices.SortFunc(list, func(a, b *chart.Chart) int { return strings.Compare(a.Name(), b.Name()) })
	c.SetDependencies(list...)
	for _, d := range list {
		sortDependencies(d)
	}
}

// pinTemplates makes the templates of a chart, and of those that it brings, give the
// same each time.
func (r *rendering) pinTemplates(c *chart.Chart) {
	for _, t := range c.Templates {
		name := path.Join(c.ChartFullPath(), t.Name)
		r.sources[name] = string(t.Data)
		t.Data = []byte(pin(string(t.Data)))
	}
	for _, d := range c.Dependencies() {
		r.pinTemplates(d)
	}
	if c.IsRoot() {
		c.Templates = append(c.Templates, &chart.File{Name: "templates/_pinned.tpl", Data: []byte(pinned)})
	}
}
