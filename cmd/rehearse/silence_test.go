package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is silenced is listed apart, and what an annotation asks for as well.
func TestSilencedFindingsAreListed(t *testing.T) {
	scenario := strings.Replace(release, "metadata: {name: web}",
		"metadata: {name: web, annotations: {rehearse.dev/silence: oom-kill}}", 1) + `
- {target: Deployment/web, revision: new, crash: {after: 2s, exitCode: 139}}
silence:
- {rule: crash, of: Deployment/web, because: it is what is rehearsed}
`
	r := ran(t, scenario)
	require.Empty(t, r.Findings)
	require.Len(t, r.Silenced, 2)
	require.Equal(t, "Deployment default/web", r.Silenced[0].Findings[0].Object)
	require.Equal(t, "it is what is rehearsed", r.Silenced[0].Because)
	require.Equal(t, "oom-kill", r.Silenced[1].Rule)
	require.Empty(t, r.Silenced[1].Findings)
}
