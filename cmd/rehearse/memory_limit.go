package main

import (
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	defaultMemoryLimit = "80%"
	// leastMemory is what rehearse takes for the smallest of runs, in bytes.
	leastMemory = 64 << 20
)

// memoryLimit is how much memory a command may take.
type memoryLimit struct {
	bytes uint64 // 0 for no limit
	text  string
}

// parseMemoryLimit reads a quantity, "4Gi", a share of so many bytes that the machine
// has, "80%", or "none". There is no limit when it is unknown how much that is.
func parseMemoryLimit(text string, machine uint64) (memoryLimit, error) {
	fault := func() (memoryLimit, error) {
		return memoryLimit{}, badInput("--memory-limit: must be a quantity of at least 64Mi, such as 4Gi, a share of "+
			"the machine's, from 1%% to 100%%, or none, got %s", strconv.Quote(shortened(text)))
	}
	if text == "none" {
		return memoryLimit{}, nil
	}
	if share, is := strings.CutSuffix(text, "%"); is {
		percent, err := strconv.ParseFloat(share, 64)
		if err != nil || !(percent >= 1 && percent <= 100) {
			return fault()
		}
		bytes := uint64(percent / 100 * float64(machine))
		if bytes > 0 {
			bytes = max(bytes, leastMemory)
		}
		return memoryLimit{bytes, inUnits(bytes)}, nil
	}
	quantity, err := resource.ParseQuantity(text)
	if err != nil || quantity.CmpInt64(leastMemory) < 0 {
		return fault()
	}
	bytes := uint64(math.MaxInt64)
	if quantity.CmpInt64(math.MaxInt64) < 0 {
		bytes = uint64(quantity.Value())
	}
	return memoryLimit{bytes, shortened(text)}, nil
}

// shortened is the beginning of a text that may be long.
func shortened(text string) string {
	const most = 40
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// inUnits is a number of bytes for people.
func inUnits(bytes uint64) string {
	if bytes >= 10<<30 {
		return strconv.FormatUint(bytes>>30, 10) + "Gi"
	}
	return strconv.FormatUint(bytes>>20, 10) + "Mi"
}
