package extension_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// load reads a scenario with the kinds of extensions.
func load(text string, extensions ...manager.Extension) (func(t testing.TB, rules ...report.Rule) outcome, error) {
	files := fstest.MapFS{"s.yaml": {Data: []byte(text)}}
	spec, err := scenarios.Load("s.yaml", scenarios.Options{FS: files, Extensions: extensions})
	return func(t testing.TB, rules ...report.Rule) (o outcome) {
		builder := report.NewBuilder()
		for _, r := range rules {
			require.NoError(t, builder.AddRule(r))
		}
		require.NoError(t, replicate.Run(t.Context(), spec, runtime.GOMAXPROCS(0), nil, func(r record.Record) error {
			o.records = append(o.records, r)
			return builder.Add(r)
		}))
		var err error
		o.Result, err = builder.Result()
		require.NoError(t, err)
		return o
	}, err
}

// outcome is a run: its records and what the report says.
type outcome struct {
	*report.Result
	records []record.Record
}

// explain is what rehearse explain prints of an object.
func (o outcome) explain(t *testing.T, object string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.Explain(&out, o.Result, object, report.TextOptions{}))
	return strings.Join(strings.Fields(out.String()), " ")
}

// of are the records of a type.
func of[T record.Record](o outcome) (list []T) {
	for _, r := range o.records {
		if typed, is := r.(T); is {
			list = append(list, typed)
		}
	}
	return list
}

// short is the name of a pod without its namespace.
func short(p result.Pod) string { return record.ShortName(p.Name) }

// findings are those of a rule.
func findings(o outcome, rule string) (list []result.Finding) {
	for _, f := range o.Findings {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}

// replaced is a text with one word for another, which must be there once.
func replaced(text, from, to string) string {
	if strings.Count(text, from) != 1 {
		panic("there must be one " + from)
	}
	return strings.Replace(text, from, to, 1)
}
