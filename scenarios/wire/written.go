package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Written is what a container writes to the disk of its machine.
type Written struct {
	Logs          *Growth           `yaml:"logs" doc:"to stdout and stderr; 50Mi a container at most, since the kubelet rotates them"`
	WritableLayer *Growth           `yaml:"writableLayer" doc:"to the container's own file system"`
	EmptyDirs     map[string]Growth `yaml:"emptyDirs" doc:"to emptyDir volumes on disk, by the name of the volume"`
}

// Growth is how what is written grows.
type Growth struct {
	Base       *Size `yaml:"base" doc:"from the start on; in a volume once, else with each life of the container"`
	PerHour    *Size `yaml:"perHour" doc:"growth over time, e.g. 200Mi"`
	PerRequest *Size `yaml:"perRequest" doc:"growth with each request served"`
}

// Signal is the threshold of an eviction signal: a quantity, or a part of what there is.
type Signal struct {
	Bytes int64
	Part  float32
}

func (s *Signal) parse(word string) error {
	*s = Signal{}
	number, percent := strings.CutSuffix(word, "%")
	if !percent {
		v, err := parseQuantity(word, "a quantity like 100Mi or a percentage like 10%")
		s.Bytes = v.Value()
		return err
	}
	v, err := strconv.ParseFloat(number, 32)
	if err != nil || !(v >= 0 && v <= 100) {
		return fmt.Errorf("must be a quantity like 100Mi or a percentage from 0%% to 100%%, got %.60q", word)
	}
	if v < 100 { // the kubelet ignores 0 % and 100 %
		s.Part = float32(v) / 100
	}
	return nil
}

func (s *Signal) form() ([]string, string) { return []string{"string", "number"}, "10%" }
