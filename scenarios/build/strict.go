package build

import (
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
)

// strict refuses what a real cluster acts on and the simulation does not.
func (b *builder) strict() {
	if !b.options.Strict {
		return
	}
	for _, i := range b.spec.Ignored {
		if !i.Unsimulated {
			continue
		}
		e := wire.Error{File: i.Source, Field: i.Field, Message: "not simulated (--strict): " + i.Reason}
		if at := strings.LastIndexByte(i.Source, ':'); at >= 0 {
			if line, err := strconv.Atoi(i.Source[at+1:]); err == nil {
				e.File, e.Line = i.Source[:at], line
			}
		}
		if i.Field == "" {
			e.Field = "kind"
		}
		b.AddError(wire.Errors{e})
	}
}
