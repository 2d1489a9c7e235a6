package result

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

var updateSchema = flag.Bool("update-schema", false, "rewrite the JSON Schema of results")

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
	g.readDocs(t, "../stat", reflect.TypeFor[stat.Value]())
	g.readDocs(t, "../../sim/record", reflect.TypeFor[record.Run]())
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
	case reflect.TypeFor[stat.Value]():
		return object{"anyOf": []any{object{"type": "number"}, object{"type": "null"},
			object{"enum": []any{"Infinity", "-Infinity"}}}}
	case reflect.TypeFor[sim.Time]():
		return object{"type": "number"}
	case reflect.TypeFor[record.Strategy](), reflect.TypeFor[record.BudgetRule]():
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
	if *updateSchema {
		require.NoError(t, os.WriteFile("result.schema.json", generated, 0o644))
		return
	}
	require.Equal(t, string(generated), string(Schema()), "run the test with -update-schema")
}
