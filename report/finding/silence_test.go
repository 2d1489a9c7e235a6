package finding

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Who silences a finding names its rule, which the records' package lists.
func TestRulesAreThoseOfTheRecords(t *testing.T) { require.Equal(t, Names(), record.Rules) }

func TestSilence(t *testing.T) {
	a, b, c := result.Finding{Rule: "crash", Object: "Pod d/a"}, result.Finding{Rule: "crash", Object: "Pod d/b"},
		result.Finding{Rule: "overload", Object: "Service d/a"}
	left, hidden := Silence([]result.Finding{a, b, c}, []record.Silence{
		{Rule: "crash", Object: "Pod d/a"}, {Rule: "overload", Object: "Service d/b"}, {Rule: "crash"}})
	require.Equal(t, []result.Finding{c}, left)
	require.Equal(t, []result.Finding{a}, hidden[0].Findings)
	require.Empty(t, hidden[1].Findings)
	require.Equal(t, []result.Finding{b}, hidden[2].Findings)
}
