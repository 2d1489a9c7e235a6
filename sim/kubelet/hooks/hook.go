package hooks

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Hook is what a lifecycle hook does. The zero value says nothing.
type Hook struct {
	// Takes is how long it lasts, in seconds; nil with Until.
	Takes distribution.Dist
	// Until is what it waits for instead.
	Until Until
	// FailureRate is the probability that it fails at its end.
	FailureRate float64
}

// Hooks are those of a container.
type Hooks struct{ PreStop, PostStart Hook }

// Until is what a hook waits for.
type Until uint8

const (
	// Passed is that its time has passed.
	Passed Until = iota
	// Idle is that the container has no request in flight. It goes on taking requests
	// meanwhile.
	Idle
	// Listens is that the container's process listens.
	Listens
)

// Timed reports whether it says how long the hook lasts.
func (h Hook) Timed() bool { return h.Takes != nil || h.Until != Passed }

// Or is the hook with what it leaves out taken from another one.
func (h Hook) Or(other Hook) Hook {
	if !h.Timed() {
		h.Takes, h.Until = other.Takes, other.Until
	}
	h.FailureRate = max(h.FailureRate, other.FailureRate)
	return h
}

// Asks reports whether a hook is a request to the pod itself, which fails when nobody
// listens there.
func Asks(handler *v1.LifecycleHandler) bool {
	return handler.HTTPGet != nil && handler.HTTPGet.Host == ""
}

// PreStop is what a preStop hook does as far as the manifest tells. Known is false where
// that is a guess: of a command that does more than to sleep, and of a request, which is
// taken to be answered at once. A command that loops is taken to wait until the container
// is idle.
func PreStop(handler *v1.LifecycleHandler) (h Hook, known bool) { return read(handler, Idle) }

// PostStart is what a postStart hook does, in the same way. A command that loops is taken to
// wait until the process listens.
func PostStart(handler *v1.LifecycleHandler) (h Hook, known bool) { return read(handler, Listens) }

func read(handler *v1.LifecycleHandler, loop Until) (h Hook, known bool) {
	switch {
	case handler == nil:
		return lasts(0), true
	case handler.Sleep != nil:
		return lasts(float64(handler.Sleep.Seconds)), true
	case handler.Exec == nil:
		return lasts(0), false
	}
	text := strings.Join(handler.Exec.Command, " ")
	switch {
	case onlySleeps.MatchString(text):
		return lasts(sleeps(text)), true
	case onlyFails.MatchString(text):
		return Hook{Takes: distribution.Constant(sleeps(text)), FailureRate: 1}, true
	case loops.MatchString(text):
		return Hook{Until: loop}, false
	}
	return lasts(sleeps(text)), false
}

func lasts(seconds float64) Hook { return Hook{Takes: distribution.Constant(seconds)} }

// What is read of a command: how long one sleeps that does nothing else, one that can only
// fail, perhaps after a sleep, and one that repeats something until it is so.
var (
	onlySleeps = regexp.MustCompile(`^` + shell + `(?:exec\s+)?` + sleep + `\s*;?\s*$`)
	onlyFails  = regexp.MustCompile(
		`^` + shell + `(?:` + sleep + `\s*(?:;|&&)\s*)?(?:(?:/usr)?/bin/)?(?:false|exit\s+[1-9]\d{0,2})\s*;?\s*$`)
	loops = regexp.MustCompile(`(?:^|[\s;&|(])(?:while|until)\s[^\0]*\bdo\s[^\0]*\bdone\b`)

	sleepCommand = regexp.MustCompile(`(?:^|[\s;&/])sleep\s+(?:(\d{1,6}(?:\.\d{1,9})?)([smhd]?)|inf(?:inity)?)`)
)

const (
	shell = `(?:\S*sh\s+-\w*c\s+)?`
	sleep = `(?:(?:/usr)?/bin/)?sleep\s+(?:\d{1,6}(?:\.\d{1,9})?[smhd]?|inf(?:inity)?)`
)

// forEver is longer than any run, in seconds.
const forEver = 1e9

// sleeps adds up the "sleep N" of a shell command, in seconds.
func sleeps(command string) (total float64) {
	for _, m := range sleepCommand.FindAllStringSubmatch(command, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return forEver // infinity
		}
		total += n * map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[m[2]]
	}
	return math.Min(total, forEver)
}
