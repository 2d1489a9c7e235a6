package calibrate

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// Calibration is coefficients that were fitted to the user's own measurements.
type Calibration struct {
	// Engine is the generation, GPU the catalogue's name of the GPU.
	Engine       string              `json:"engine"`
	GPU          string              `json:"gpu"`
	Rows         int                 `json:"rows"`
	Coefficients timing.Coefficients `json:"coefficients"`
	// Errors is how far the fit is from the rows; HeldOut how far it is from rows
	// that were left out of it: the median of the absolute relative errors by metric.
	Errors, HeldOut map[string]float64 `json:",omitempty"`
}

// ReadCalibration reads what "rehearse calibrate" wrote. The error says "must …".
func ReadCalibration(text []byte) (c Calibration, err error) {
	if err = json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("must be what rehearse calibrate wrote: %w", catalogue.Plain(err))
	}
	for i, v := range list(&c.Coefficients) {
		if !(*v > 0 && *v <= 1e6) {
			return c, fmt.Errorf("must have coefficients above 0 and at most 1000000, got %v for %s", *v,
				coefficientNames[i].name)
		}
	}
	return c, nil
}

// Apply is the generation with the coefficients in place of its own.
func (c *Calibration) Apply(g *timing.Generation, gpu string) *timing.Generation {
	own := *g
	own.Coefficients = c.Coefficients
	own.Fitted = timing.Fitted{Versions: fmt.Sprintf("%d measurements of the user", c.Rows), GPUs: []string{gpu}}
	return &own
}

// leastRows is of how many rows a calibration makes sense at all.
const leastRows = 3

// Calibrate fits a generation's coefficients to rows of one engine on one GPU, and
// says how far the fit is from rows that it had not seen: those of each fifth are
// predicted from the others. The error says what is wrong with the rows.
func Calibrate(rows []Row, lengths Lengths) (c Calibration, err error) {
	if len(rows) == 0 {
		return c, fmt.Errorf("must have at least %d rows, at different rates, got 0", leastRows)
	}
	d := Data{Lengths: lengths, Most: 2000}
	for i := range rows {
		config, err := rows[i].Config()
		if err != nil {
			return c, rows[i].fault("%s", err)
		}
		d.Experiments = append(d.Experiments, Experiment{&rows[i], config})
	}
	if len(rows) < leastRows {
		return c, rows[len(rows)-1].fault("must have at least %d rows, at different rates, got %d", leastRows, len(rows))
	}
	g := d.Experiments[0].Config.Generation
	for _, x := range d.Experiments {
		if x.Config.Generation != g || x.Row.GPU != rows[0].GPU {
			return c, x.Row.fault("must be of one engine and one GPU, got %s on %s and %s on %s", g.Name, rows[0].GPU,
				x.Config.Generation.Name, x.Row.GPU)
		}
	}
	before := d.Errors(nil)
	if len(before) == 0 {
		return c, rows[0].fault(
			"must have measurements that can be simulated: a rate or a number of clients, tokens, and times")
	}
	if err := unit(before); err != nil {
		return c, rows[0].fault("%s", err)
	}
	c = Calibration{Engine: g.Name, GPU: d.Experiments[0].Config.GPU.Name, Rows: len(rows), HeldOut: map[string]float64{}}
	d.From = &g.Coefficients
	c.Coefficients = d.Fit(g.Coefficients, 12, nil)
	c.Errors = medians(d.Errors(&c.Coefficients))
	c.HeldOut = medians(d.heldOut(g.Coefficients))
	return c, nil
}

// fault is an error about the row, with where it was read from.
func (r *Row) fault(format string, arguments ...any) error {
	if r.Where == "" {
		return fmt.Errorf(format, arguments...)
	}
	return fmt.Errorf("%s: %s", r.Where, fmt.Sprintf(format, arguments...))
}

// heldOut are the errors of each fifth of the rows with a fit to the others.
func (d *Data) heldOut(from timing.Coefficients) (all []Error) {
	parts := min(5, len(d.Experiments))
	for k := range parts {
		rest, test := *d, *d
		rest.Experiments, test.Experiments = nil, nil
		for i, x := range d.Experiments {
			if i%parts == k {
				test.Experiments = append(test.Experiments, x)
			} else {
				rest.Experiments = append(rest.Experiments, x)
			}
		}
		c := rest.Fit(from, 8, nil)
		all = append(all, test.Errors(&c)...)
	}
	return all
}

// unit says when times are off by a thousand, as seconds in place of milliseconds
// are.
func unit(errors []Error) error {
	var logs []float64
	for _, e := range errors {
		if e.Metric != Throughput {
			logs = append(logs, e.Log)
		}
	}
	if len(logs) == 0 {
		return nil
	}
	switch off := math.Exp(quantile(logs, .5)); {
	case off > 150:
		return fmt.Errorf(
			"must be in milliseconds: times are about %.0f times shorter than predicted, as if they were in seconds", off)
	case off < 1./150:
		return fmt.Errorf(
			"must be in milliseconds: times are about %.0f times longer than predicted, as if they were in microseconds", 1/off)
	}
	return nil
}

func medians(errors []Error) map[string]float64 {
	of := map[string]float64{}
	for _, m := range Metrics() {
		if s := SpreadOf(OfMetric(errors, m)); s.Rows > 0 {
			of[m.String()] = math.Round(1e4*s.Median) / 1e4
		}
	}
	return of
}

// Measured are the metrics of which some row has a measurement.
func Measured(rows []Row) (list []Metric) {
	for _, m := range Metrics() {
		if slices.ContainsFunc(rows, func(r Row) bool { return r.Measured[m] > 0 }) {
			list = append(list, m)
		}
	}
	return list
}
