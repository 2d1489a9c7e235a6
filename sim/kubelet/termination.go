package kubelet

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
)

// minimumGracePeriod is what a container always gets between SIGTERM and
// SIGKILL (minimumGracePeriodInSeconds in kuberuntime_container.go).
const minimumGracePeriod = 2 * time.Second

// preStop is how long the container's preStop hook takes: a sleep action
// exactly, an exec hook as long as the sleeps its command names. Other hooks
// are taken to return at once.
func preStop(c *v1.Container) time.Duration {
	if c.Lifecycle == nil {
		return 0
	}
	taken, _ := HookTime(c.Lifecycle.PreStop)
	return taken
}

// postStart is how long the container's postStart hook takes, which its start
// waits for: as preStop.
func postStart(c *v1.Container) time.Duration {
	if c.Lifecycle == nil {
		return 0
	}
	taken, _ := HookTime(c.Lifecycle.PostStart)
	return taken
}

// HookTime is how long a hook takes: what a sleep action says, or all sleeps that
// the text of an exec hook names. known is false where that is a guess: of a command
// that does anything else, and of a request, which is taken to be answered at once.
func HookTime(hook *v1.LifecycleHandler) (taken time.Duration, known bool) {
	switch {
	case hook == nil:
		return 0, true
	case hook.Sleep != nil:
		return time.Duration(hook.Sleep.Seconds) * time.Second, true
	case hook.Exec != nil:
		text := strings.Join(hook.Exec.Command, " ")
		return sleeps(text), onlySleeps.MatchString(text)
	}
	return 0, false
}

// onlySleeps is a command that sleeps, itself or in a shell, and does nothing else.
var onlySleeps = regexp.MustCompile(
	`^(?:\S*sh\s+-\w*c\s+)?(?:exec\s+)?(?:(?:/usr)?/bin/)?sleep\s+\d{1,6}(?:\.\d{1,9})?[smh]?\s*;?\s*$`)

var sleepCommand = regexp.MustCompile(`(?:^|[\s;&/])sleep\s+(\d{1,6}(?:\.\d{1,9})?)([smh]?)`)

// sleeps adds up the "sleep N" of a shell command.
func sleeps(command string) time.Duration {
	var total time.Duration
	for _, m := range sleepCommand.FindAllStringSubmatch(command, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			continue // the expression only matches numbers
		}
		unit := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[m[2]]
		total += seconds(n * unit)
	}
	return total
}

// gracePeriod is how long a container has after a failed probe: the probe's
// own, else the pod's.
func gracePeriod(pod *v1.Pod, p *v1.Probe) time.Duration {
	switch {
	case p != nil && p.TerminationGracePeriodSeconds != nil:
		return time.Duration(*p.TerminationGracePeriodSeconds) * time.Second
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		return time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	return v1.DefaultTerminationGracePeriodSeconds * time.Second
}
