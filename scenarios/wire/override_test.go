package wire

import (
	"strings"
	"testing"
)

// A change of --set is applied or has a fault; the scenario is read after it, with
// or without faults, in the time that its text takes.
func FuzzOverride(f *testing.F) {
	for _, text := range []string{"seed=7", "timeline=&s [*s]", "traffic[0].rate.constant=1e300",
		"cluster.pools[name=cpu].count=3",
		"workloads=[{target: '*', service: {steps: &s [{repeat: {times: 2, steps: *s}}]}}]",
		strings.Repeat("a[0].", 1000) + "b=1", "=", "a"} {
		f.Add(text)
	}
	const scenario = "apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\ncluster: {pools: [{name: cpu}]}\ntraffic: [{rate: &r {constant: 1}}, {rate: *r}]\n"
	f.Fuzz(func(t *testing.T, text string) {
		faults := &Faults{File: "s.yaml"}
		s, _ := faults.Read([]byte(scenario), []string{text})
		if s == nil && len(faults.List) == 0 {
			t.Fatal("neither a scenario nor a fault")
		}
		if err := faults.Or(); err != nil && strings.ContainsAny(strings.ReplaceAll(err.Error(), "\n", ""), "\x1b\r\x07") {
			t.Fatalf("control characters in %q", err)
		}
	})
}
