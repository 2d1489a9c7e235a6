package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/load"
)

// objects reads JSON lines: one object a line.
type objects struct {
	clock
	columns Columns
	members map[string]json.RawMessage
}

// member finds a value by its name, or by the usual names of its column.
func (o *objects) member(name string, usual []string) (word []byte, found string, err error) {
	candidates := usual
	if name != "" {
		candidates = []string{name}
	}
	for _, candidate := range candidates {
		if raw, has := o.members[candidate]; has {
			return bytes.Trim(raw, `"`), candidate, nil
		}
	}
	if name != "" {
		return nil, "", o.fault("must have a member %q", name)
	}
	return nil, "", nil
}

func (o *objects) next(a *load.Arrival) error {
	line, err := o.lines.next()
	if err != nil {
		return err
	}
	clear(o.members)
	if err := json.Unmarshal(line, &o.members); err != nil || o.members == nil {
		message := "null"
		if err != nil {
			message = strings.TrimPrefix(err.Error(), "json: ")
		}
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			message = kind.Value
		}
		return o.fault("must be a JSON object: %s", message)
	}
	if err := o.fill(a); err != nil {
		return err
	}
	o.lines.good++
	return nil
}

func (o *objects) fill(a *load.Arrival) error {
	word, name, err := o.member(o.columns.Time, usual.Time)
	if err == nil && name == "" {
		err = o.fault("must have a member that is a time: %s", strings.Join(usual.Time, ", "))
	}
	if err != nil {
		return err
	}
	if a.At, err = o.read(word); err != nil {
		return err
	}
	for _, column := range []struct {
		into  *int32
		name  string
		usual []string
	}{{&a.Input, o.columns.Input, usual.Input}, {&a.Output, o.columns.Output, usual.Output}} {
		*column.into = 0
		if word, name, err = o.member(column.name, column.usual); err != nil {
			return err
		}
		if name != "" {
			if *column.into, err = o.tokens(word, name); err != nil {
				return err
			}
		}
	}
	a.Prefix = a.Prefix[:0]
	if word, name, err = o.member(o.columns.Prefix, usual.Prefix); err == nil && name != "" {
		a.Prefix, err = o.prefix(a.Prefix, word, name)
	}
	return err
}
