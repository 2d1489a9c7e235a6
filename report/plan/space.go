package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// MostSettings bounds a search space: each setting is read before the search begins.
const MostSettings = 2000

// Dimension is a value that varies. Path is as for --set, or empty for the machines of
// a --nodes, whose values are those of --nodes.
type Dimension struct {
	Path   string   `json:"path"`
	Values []string `json:"values"`
}

// Setting is the choice that a value of each dimension makes, the last one fastest.
func Setting(dimensions []Dimension, index int) []string {
	values := make([]string, len(dimensions))
	for d := len(dimensions) - 1; d >= 0; d-- {
		n := len(dimensions[d].Values)
		values[d] = dimensions[d].Values[index%n]
		index /= n
	}
	return values
}

// Size is how many settings the dimensions make, or an error beyond MostSettings.
func Size(dimensions []Dimension) (int, error) { return SizeWithin(dimensions, MostSettings) }

// SizeWithin is how many settings the dimensions make, or an error beyond most.
func SizeWithin(dimensions []Dimension, most int) (int, error) {
	n := 1
	for _, d := range dimensions {
		if n *= len(d.Values); n > most {
			return 0, fmt.Errorf("must make at most %d settings together; a step, as in 1..100:10, makes fewer", most)
		}
	}
	return n, nil
}

// ParseVary reads PATH=1..5, PATH=256Mi..1Gi:256Mi or PATH=a|b|c.
func ParseVary(text string) (Dimension, error) {
	path, values, found := strings.Cut(text, "=")
	if !found || path == "" || values == "" {
		return Dimension{}, fmt.Errorf("must be PATH=FROM..TO, PATH=FROM..TO:STEP or PATH=A|B, got %.80q", text)
	}
	list, err := valuesOf(values)
	if err != nil {
		return Dimension{}, fmt.Errorf("%w, got %.80q", err, text)
	}
	return Dimension{Path: path, Values: list}, nil
}

func valuesOf(text string) ([]string, error) {
	from, rest, is := strings.Cut(text, "..")
	if !is {
		list := strings.Split(text, "|")
		seen := map[string]bool{}
		for _, v := range list {
			if v == "" || seen[v] {
				return nil, fmt.Errorf("must have values that differ and are not empty")
			}
			seen[v] = true
		}
		if len(list) > MostSettings {
			return nil, fmt.Errorf("must have at most %d values", MostSettings)
		}
		return list, nil
	}
	to, step, stepped := strings.Cut(rest, ":")
	if !stepped {
		step = "1"
		if _, err := strconv.Atoi(from); err != nil {
			return nil, fmt.Errorf("must have a step where the range has a unit, as in 256Mi..1Gi:256Mi")
		}
	}
	return quantities(from, to, step)
}

// quantities counts from one quantity to another, in the form of the first.
func quantities(from, to, step string) ([]string, error) {
	var q [3]resource.Quantity
	for i, word := range []string{from, to, step} {
		if len(word) > 32 {
			return nil, fmt.Errorf("must be a range of numbers or quantities")
		}
		var err error
		if q[i], err = resource.ParseQuantity(word); err != nil {
			return nil, fmt.Errorf("must be a range of numbers or quantities; durations are given as a list, 30s|60s")
		}
	}
	switch {
	case q[0].Sign() < 0:
		return nil, fmt.Errorf("must begin at 0 or above")
	case q[2].Sign() <= 0:
		return nil, fmt.Errorf("must have a step above 0")
	case q[1].Cmp(q[0]) < 0:
		return nil, fmt.Errorf("must go from the smaller to the larger")
	}
	var list []string
	for at := q[0].DeepCopy(); at.Cmp(q[1]) <= 0; at.Add(q[2]) {
		if len(list) == MostSettings {
			return nil, fmt.Errorf("must have at most %d values; a step, as in 1..100:10, makes fewer", MostSettings)
		}
		v := at.DeepCopy()
		list = append(list, v.String())
	}
	return list, nil
}

var machineRange = regexp.MustCompile(`^(\d+)\.\.(\d+)x(.*)$`)

// ParseNodes reads COUNTxTYPE, FROM..TOxTYPE, and types to choose from: 1..8xA|B. One
// without a choice is a dimension of one value.
func ParseNodes(text string) (Dimension, error) {
	counts := []string{""}
	types := text
	if m := machineRange.FindStringSubmatch(text); m != nil {
		var err error
		if counts, err = quantities(m[1], m[2], "1"); err != nil {
			return Dimension{}, fmt.Errorf("%w, got %.80q", err, text)
		}
		types = m[3]
	} else if count, rest, is := strings.Cut(text, "x"); is && strings.Contains(text, "|") {
		counts, types = []string{count}, rest
	}
	var d Dimension
	list := strings.Split(types, "|")
	if len(list)*len(counts) > MostSettings {
		return d, fmt.Errorf("must have at most %d choices, got %.80q", MostSettings, text)
	}
	for _, t := range list {
		for _, count := range counts {
			if count != "" {
				count += "x"
			}
			d.Values = append(d.Values, count+t)
		}
	}
	return d, nil
}
