package truth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Check says how strictly a case is compared. The zero value is the strictest.
type Check struct {
	// Sizes is "exact" (the default: the same scale steps in the same order) or
	// "envelope": between its steps the size of each ReplicaSet stays within what
	// was recorded around that time, and ends the same. Real controllers see pods
	// turn Ready one by one or several at once, by chance.
	Sizes string `yaml:"sizes"`
	// Placement is "node" (the default: as many pods of a revision bound to each
	// node), "shape" (the same counts, on whichever nodes) or "none".
	Placement string `yaml:"placement"`
	// Ages is "same" (the default: a pod that is deleted has to be as old as the
	// recorded one) or "any", for cases where the node, which is chance among equal
	// ones, decides.
	Ages string `yaml:"ages"`
	// Ignore are kinds that are left out.
	Ignore []Kind `yaml:"ignore"`
	// Slack is added to the tolerance of times: by how much runs of the real thing
	// differ from each other.
	Slack time.Duration `yaml:"slack"`
	// Relative is added to it, too: this share of the time since the last step.
	Relative float64 `yaml:"relative"`
	// Why is for the reader.
	Why string `yaml:"why"`
}

// ReadCheck reads a check file: YAML of the fields of Check in lower case. Errors
// begin with name.
func ReadCheck(name string, data []byte) (Check, error) {
	var c Check
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range []struct {
		field, value string
		accepted     []string
	}{{"sizes", c.Sizes, []string{"", "exact", "envelope"}},
		{"placement", c.Placement, []string{"", "node", "shape", "none"}}, {"ages", c.Ages, []string{"", "same", "any"}}} {
		if !slices.Contains(f.accepted, f.value) {
			return c, fmt.Errorf("%s: %s: must be one of %v, got %.40q", name, f.field, f.accepted[1:], f.value)
		}
	}
	for _, k := range c.Ignore {
		if !slices.Contains(kindOrder, k) {
			return c, fmt.Errorf("%s: ignore: must be of %v, got %.40q", name, kindOrder, k)
		}
	}
	if c.Slack < 0 || c.Slack > time.Hour {
		return c, fmt.Errorf("%s: slack: must be from 0s to 1h, got %s", name, c.Slack)
	}
	if !(c.Relative >= 0 && c.Relative <= 1) {
		return c, fmt.Errorf("%s: relative: must be from 0 to 1, got %g", name, c.Relative)
	}
	return c, nil
}
