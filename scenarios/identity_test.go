package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the first line says of a text is what reading it says.
func TestTheFirstLineNamesAScenario(t *testing.T) {
	for text, at := range map[string]bool{
		"apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\n":                       true,
		"# why\n\n---\t# here\r\napiVersion: 'rehearse.dev/v1alpha1'\nname: x\n":    true,
		"apiVersion: \"rehearse.dev/v1alpha1\nname: x\n":                            true, // no YAML
		"kind: Scenario\napiVersion: rehearse.dev/v1alpha1\n":                       false,
		"  apiVersion: rehearse.dev/v1alpha1\n":                                     false,
		"apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: rehearse.dev/v1\n": false,
	} {
		require.Equal(t, at, first.MatchString(text), text)
		require.True(t, isScenario([]byte(text)), text)
		require.True(t, readsScenario([]byte(text)), text)
	}
	for _, text := range []string{
		"a: |\n  apiVersion: rehearse.dev/v1\n", "x\napiVersion: rehearse.dev/v1: y\n",
		"--- |\n  apiVersion: rehearse.dev/v1\n", "apiVersion:rehearse.dev/v1\n", "- apiVersion: rehearse.dev/v1\n",
	} {
		require.False(t, first.MatchString(text), text)
		require.Equal(t, readsScenario([]byte(text)), isScenario([]byte(text)), text)
	}
	require.False(t, first.MatchString(strings.Repeat("#\n", 1000)))
}
