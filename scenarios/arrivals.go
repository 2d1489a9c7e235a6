package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/sim"
)

// arrivalColumns are the names of the column that holds the times.
var arrivalColumns = []string{"timestamp", "time", "t", "arrival", "seconds"}

// parseArrivals reads a CSV file of arrival times, in seconds or as RFC 3339:
// the column named like one of arrivalColumns, or the first. Times count from
// the first one and may not go backwards.
func parseArrivals(file string, data []byte) ([]sim.Time, error) {
	if err := manifest.CheckText(file, data); err != nil {
		return nil, err
	}
	var times []sim.Time
	var first time.Time
	column, firstSeconds, before := 0, 0.0, 0
	for n, line := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, ",")
		if len(times) == 0 && before == 0 && !startsLikeTime(cells[0]) {
			before = n + 1 // the header
			column = max(0, slices.IndexFunc(cells, func(c string) bool {
				return slices.Contains(arrivalColumns, strings.ToLower(strings.Trim(c, ` "`)))
			}))
			continue
		}
		fault := func(format string, arguments ...any) error {
			return Errors{{File: file, Line: n + 1, Message: fmt.Sprintf(format, arguments...)}}
		}
		if column >= len(cells) {
			return nil, fault("must have %d columns, got %d", column+1, len(cells))
		}
		seconds, wall, ok := parseInstant(strings.Trim(cells[column], ` "`))
		if !ok {
			return nil, fault("must be seconds or an RFC 3339 time, got %.40q", cells[column])
		}
		if len(times) == 0 {
			first, firstSeconds = wall, seconds
		}
		at := sim.Time((seconds - firstSeconds) * 1e9)
		if !first.IsZero() {
			if wall.IsZero() {
				return nil, fault("must be an RFC 3339 time as the lines before, got %.40q", cells[column])
			}
			at = sim.Time(wall.Sub(first))
		}
		if len(times) > 0 && at < times[len(times)-1] {
			return nil, fault("must not go backwards: %.40q is before the time of line %d", cells[column], before)
		}
		times, before = append(times, at), n+1
	}
	if len(times) == 0 {
		return nil, Errors{{File: file, Message: "must hold at least one arrival time"}}
	}
	return times, nil
}

func startsLikeTime(cell string) bool {
	_, _, ok := parseInstant(strings.Trim(cell, ` "`))
	return ok
}

// parseInstant reads seconds, or a wall-clock time.
func parseInstant(word string) (seconds float64, wall time.Time, ok bool) {
	if v, err := strconv.ParseFloat(word, 64); err == nil && v > -1e10 && v < 1e10 {
		return v, time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, word); err == nil {
			return 0, t, true
		}
	}
	return 0, time.Time{}, false
}
