package manifest

import (
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/ledger"
	"github.com/kube-rehearse/rehearse/sim/control/keda"
)

var update = flag.Bool("update", false, "write docs/coverage.md anew")

// goTypes are those of every version of the kinds that are read.
func goTypes(t *testing.T) map[string]reflect.Type {
	types := map[string]reflect.Type{"keda.sh/v1alpha1 ScaledObject": reflect.TypeFor[keda.ScaledObject]()}
	for group, k := range simulated {
		o, err := scheme.New(k.version.WithKind(group.Kind))
		require.NoError(t, err)
		types[k.version.String()+" "+group.Kind] = reflect.TypeOf(o)
	}
	return types
}

// Every field of every kind has a row, down to the values, and every row a field.
func TestEveryFieldHasARow(t *testing.T) {
	used := map[*ledger.Row]bool{}
	for name, of := range goTypes(t) {
		for _, f := range ledger.Fields(of) {
			if assert.NotNil(t, f.Row, "%s: %s stands in no row of scenarios/ledger/fields.txt", name, f.Path) {
				used[f.Row] = true
			}
		}
	}
	for _, r := range ledger.Rows() {
		assert.True(t, used[r], "%s: no kind that is read has such a field, or other rows hold for all of it", r.Path)
	}
}

func TestCoverageIsWrittenDown(t *testing.T) {
	const file = "../../docs/coverage.md"
	page := ledger.Page(goTypes(t))
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(page), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, page, string(written), "make golden writes it anew")
}
