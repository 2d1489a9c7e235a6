package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/stretchr/testify/require"
)

type object = map[string]any

// generator derives a JSON Schema from Go types; descriptions are their doc
// comments.
type generator struct {
	defs object
	docs map[string]string // by "import/path.Type" and "import/path.Type.Field"
}

func generateSchema(t *testing.T) []byte {
	t.Helper()
	g := generator{defs: object{}, docs: map[string]string{}}
	g.readDocs(t, ".", reflect.TypeFor[Result]())
	g.readDocs(t, "../sim/record", reflect.TypeFor[record.Run]())
	root := g.of(reflect.TypeFor[Result]())
	document := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://" + SchemaName + ".schema.json",
		"title":   "Result of rehearse",
		"$ref":    root["$ref"],
		"$defs":   g.defs,
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(document))
	return out.Bytes()
}

// readDocs reads the doc comments of the package in dir, of which one is a type.
func (g *generator) readDocs(t *testing.T, dir string, one reflect.Type) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range file.Decls {
			declaration, ok := d.(*ast.GenDecl)
			if !ok || declaration.Tok != token.TYPE {
				continue
			}
			for _, spec := range declaration.Specs {
				g.readType(one.PkgPath(), spec.(*ast.TypeSpec), declaration.Doc)
			}
		}
	}
}

func (g *generator) readType(path string, spec *ast.TypeSpec, doc *ast.CommentGroup) {
	of := path + "." + spec.Name.Name
	g.docs[of] = flat(doc)
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range fields.Fields.List {
		for _, name := range field.Names {
			g.docs[of+"."+name.Name] = strings.TrimSpace(flat(field.Doc) + " " + flat(field.Comment))
		}
	}
}

func flat(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

func (g *generator) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[Value]():
		return object{"anyOf": []any{object{"type": "number"}, object{"type": "null"}, object{"enum": []any{"Infinity", "-Infinity"}}}}
	case reflect.TypeFor[sim.Time]():
		return object{"type": "number"}
	case reflect.TypeFor[record.Strategy]():
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return object{"anyOf": []any{g.of(t.Elem()), object{"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Struct:
		if _, ok := g.defs[t.Name()]; !ok {
			g.defs[t.Name()] = object{} // ends recursion
			g.defs[t.Name()] = g.ofStruct(t)
		}
		return object{"$ref": "#/$defs/" + t.Name()}
	}
	panic("no JSON Schema for " + t.String())
}

func (g *generator) ofStruct(t reflect.Type) object {
	properties, required := object{}, []string{}
	of := t.PkgPath() + "." + t.Name()
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := g.of(f.Type)
		if doc := g.docs[of+"."+f.Name]; doc != "" {
			property["description"] = doc
		}
		properties[name] = property
		if options != "omitempty" && options != "omitzero" {
			required = append(required, name)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	if doc := g.docs[of]; doc != "" {
		s["description"] = doc
	}
	return s
}

func TestSchemaIsThatOfTheTypes(t *testing.T) {
	generated := generateSchema(t)
	if *update {
		require.NoError(t, os.WriteFile("result.schema.json", generated, 0o644))
		return
	}
	require.Equal(t, string(generated), string(Schema()), "run the test with -update")
}

// violations checks a document against the part of JSON Schema that the
// generator uses.
func violations(defs, s object, path string, v any) []string {
	if ref, ok := s["$ref"].(string); ok {
		return violations(defs, defs[strings.TrimPrefix(ref, "#/$defs/")].(object), path, v)
	}
	if anyOf, ok := s["anyOf"].([]any); ok {
		for _, alternative := range anyOf {
			if len(violations(defs, alternative.(object), path, v)) == 0 {
				return nil
			}
		}
		return []string{path + ": matches no alternative"}
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return []string{fmt.Sprintf("%s: %v is not in the list", path, v)}
	}
	if want, ok := s["type"].(string); ok && !hasType(want, v) {
		return []string{fmt.Sprintf("%s: %v is no %s", path, v, want)}
	}
	var all []string
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			all = append(all, violations(defs, s["items"].(object), fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	case object:
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				all = append(all, fmt.Sprintf("%s: lacks %s", path, name))
			}
		}
		properties, _ := s["properties"].(object)
		for _, name := range sortedKeys(v) {
			of, ok := properties[name].(object)
			if !ok {
				of, ok = s["additionalProperties"].(object)
			}
			if !ok {
				all = append(all, path+": must not have "+name)
				continue
			}
			all = append(all, violations(defs, of, path+"."+name, v[name])...)
		}
	}
	return all
}

func hasType(want string, v any) bool {
	switch v := v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		return want == "array"
	case object:
		return want == "object"
	}
	return false
}

func checkAgainstSchema(t *testing.T, document []byte) []string {
	t.Helper()
	var s, v object
	schema, err := os.ReadFile("result.schema.json") // fresh after -update, unlike the embedded one
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(schema, &s))
	require.NoError(t, json.Unmarshal(document, &v))
	return violations(s["$defs"].(object), object{"$ref": s["$ref"]}, "$", v)
}

func TestResultsMeetTheSchema(t *testing.T) {
	for name, tape := range tapes() {
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, tape.build(t)))
		require.Empty(t, checkAgainstSchema(t, out.Bytes()), name)
		for old, damaged := range map[string]string{
			`"replications": `: `"replicas": `,
			`"pass": `:         `"pass": "yes or no", "x": `,
			`"kills": `:        `"kills": null, "y": `,
		} {
			require.NotEmpty(t, checkAgainstSchema(t, bytes.Replace(out.Bytes(), []byte(old), []byte(damaged), 1)), damaged)
		}
	}
}
