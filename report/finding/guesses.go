package finding

import (
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// severityQuestion is of a finding that rests on numbers that nobody gave.
const severityQuestion = "question"

// rests are the quantities that findings of a rule rest on. What is not listed rests
// on what manifests say.
var rests = map[string][]string{
	"oom-kill":                     {record.MemoryAtRest, record.MemoryOfRequest, record.TimeOfRequest},
	"memory-near-limit":            {record.MemoryAtRest, record.MemoryOfRequest, record.TimeOfRequest},
	"node-out-of-memory":           {record.MemoryAtRest, record.MemoryOfRequest, record.TimeOfRequest},
	"probe-kills-start":            {record.TimeToListen},
	"probe-budget-tight":           {record.TimeToListen},
	"progress-deadline-too-short":  {record.TimeToListen},
	"rollout-not-ready":            {record.TimeToListen},
	"no-readiness-probe":           {record.TimeToListen},
	"traffic-before-ready":         {record.TimeToListen},
	"no-endpoint":                  {record.TimeToListen},
	"requests-lost-at-termination": {record.TimeOfRequest},
	"traffic-after-sigterm":        {record.TimeOfRequest},
	"overload":                     {record.TimeOfRequest, record.CPUOfRequest},
	"cpu-throttled":                {record.CPUOfRequest, record.TimeOfRequest},
	"autoscaler-at-maximum":        {record.CPUOfRequest, record.TimeOfRequest, record.MemoryAtRest},
	"retry-storm":                  {record.TimeOfRequest, record.CPUOfRequest},
}

// dependsOn are the guesses that a finding rests on. One whose cause may be what an
// earlier one says of the same workload, which rests on none, is a fact, too.
func (f *facts) dependsOn(rule string, of result.Finding, earlier []result.Finding) []record.Guess {
	quantities := rests[rule]
	if len(quantities) == 0 || len(f.Run.Guesses) == 0 {
		return nil
	}
	behind := f.behind(of.Object)
	for _, e := range earlier {
		if e.Severity == severityError && slices.ContainsFunc(behind, func(key string) bool {
			return record.ParseKey(key).Object() == e.Object
		}) {
			return nil
		}
	}
	var list []record.Guess
	for _, g := range f.Run.Guesses {
		if !slices.Contains(quantities, g.Quantity) || !slices.Contains(behind, g.Workload) {
			continue
		}
		if !strings.Contains(of.What, "container ") || strings.Contains(of.What, "container "+g.Container+" ") ||
			strings.Contains(of.What, "container "+g.Container+"'s ") {
			list = append(list, g)
		}
	}
	return list
}

// behind are the keys of the workloads that an object of a finding is, or whose pods
// it selects.
func (f *facts) behind(object string) []string {
	var keys []string
	for _, w := range f.Run.Workloads {
		if record.ParseKey(w.Key).Object() == object {
			keys = append(keys, w.Key)
		}
	}
	for _, s := range f.Run.Services {
		if "Service "+s.Key == object {
			keys = append(keys, s.Workloads...)
		}
	}
	return keys
}
