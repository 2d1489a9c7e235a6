package build

import (
	"errors"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/load/trace"
)

// checkedTrace is a trace whose errors are faults of the input.
type checkedTrace struct{ load.Trace }

// Next implements load.Trace.
func (c checkedTrace) Next(a *load.Arrival) error {
	err := c.Trace.Next(a)
	var in *trace.Error
	if errors.As(err, &in) {
		return wire.Error{File: in.File, Line: in.Line, Message: in.Text()}
	}
	return err
}
