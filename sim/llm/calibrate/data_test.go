package calibrate

import (
	"cmp"
	"encoding/csv"
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// refit does the long tests, which fit anew.
var refit = flag.Bool("refit", false, "fit the coefficients to the measurements again, and leave parts out")

// update writes docs/serving.md instead of comparing with it.
var update = flag.Bool("update", false, "write the tables of docs/serving.md")

// measured are the experiments of testdata, paced ones shortened to so many
// requests, and the rows that can't be expressed, with why.
func measured(t testing.TB, most int) (d *Data, refused map[string]error) {
	d, refused = &Data{Most: most}, map[string]error{}
	f, err := os.Open("testdata/lengths_sharegpt.csv")
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, l := range lines[1:] {
		in, err := strconv.ParseFloat(l[0], 64)
		require.NoError(t, err)
		out, err := strconv.ParseFloat(l[1], 64)
		require.NoError(t, err)
		d.Lengths = append(d.Lengths, [2]float64{in, out})
	}
	for _, name := range []string{"serving", "static"} {
		f, err := os.Open("testdata/" + name + ".csv")
		require.NoError(t, err)
		rows, err := Read(name+".csv", f)
		f.Close()
		require.NoError(t, err)
		for i := range rows {
			asAsked(&rows[i])
			c, err := rows[i].Config()
			if err != nil {
				refused[rows[i].ID] = err
				continue
			}
			d.Experiments = append(d.Experiments, Experiment{&rows[i], c})
		}
	}
	return d, refused
}

// asAsked gives a server whose flags were not recorded those of vLLM V1 on its
// GPU, whatever the engine.
func asAsked(r *Row) {
	g, err := findGPU(r.GPU)
	if err != nil {
		return
	}
	sequences, tokens := llm.BatchDefaults(timing.Newest(), &g)
	r.MaxSequences, r.MaxBatchedTokens = cmp.Or(r.MaxSequences, sequences), cmp.Or(r.MaxBatchedTokens, tokens)
}

// only are the experiments that are to be kept.
func (d *Data) only(keep func(*Experiment) bool) *Data {
	o := *d
	o.Experiments = nil
	for _, x := range d.Experiments {
		if keep(&x) {
			o.Experiments = append(o.Experiments, x)
		}
	}
	return &o
}
