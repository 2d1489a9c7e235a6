package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
)

// document is a JSON object.
type document = map[string]any

// violations checks a document against the part of JSON Schema that the
// generator uses.
func violations(defs, s document, path string, v any) []string {
	if ref, ok := s["$ref"].(string); ok {
		return violations(defs, defs[strings.TrimPrefix(ref, "#/$defs/")].(document), path, v)
	}
	if anyOf, ok := s["anyOf"].([]any); ok {
		for _, alternative := range anyOf {
			if len(violations(defs, alternative.(document), path, v)) == 0 {
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
			all = append(all, violations(defs, s["items"].(document), fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	case document:
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				all = append(all, fmt.Sprintf("%s: lacks %s", path, name))
			}
		}
		properties, _ := s["properties"].(document)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			of, ok := properties[name].(document)
			if !ok {
				of, ok = s["additionalProperties"].(document)
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
	case document:
		return want == "object"
	}
	return false
}

func checkAgainstSchema(t *testing.T, written []byte) []string {
	t.Helper()
	var s, v document
	schema, err := os.ReadFile("result/result.schema.json") // fresh after -update, unlike the embedded one
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(schema, &s))
	require.NoError(t, json.Unmarshal(written, &v))
	return violations(s["$defs"].(document), document{"$ref": s["$ref"]}, "$", v)
}

func TestResultsMeetTheSchema(t *testing.T) {
	for name, tape := range tapes() {
		var out bytes.Buffer
		require.NoError(t, result.WriteJSON(&out, tape.build(t)))
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
