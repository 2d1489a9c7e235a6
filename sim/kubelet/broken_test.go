package kubelet_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// broken is a rule of the kubelet's model that is broken on purpose: in a copy of the
// file the text is another. The tests of the package have to see it.
type broken struct{ rule, file, text, instead string }

var brokenRules = []broken{
	{"the back-off goes by the exit before a kill", "syncpod.go", "c.synced.lastExit()", "c.shown.lastExit()"},
	{"the first exit makes an entry of the back-off", "syncpod.go", "	c.backoff.Next(now, last.at)\n", ""},
	{"the back-off doubles", "backoff/backoff.go", "min(2*b.Wait, b.Longest)", "min(b.Wait, b.Longest)"},
	{"a long life forgets the back-off", "backoff/backoff.go", "exit.Sub(b.updated) > 2*b.Longest",
		"exit.Sub(b.updated) > 20*b.Longest"},
	{"the work queue is looked into each second", "worker.go", "p.host.nextTick(now.Add(p.jitter(wait)))",
		"now.Add(p.jitter(wait))"},
	{"a sync waits until the cache is newer", "worker.go", "p.host.lastRelist(now)) > w.last", "now+1) > w.last"},
	{"a sync asks for a relist when it did something", "worker.go", "r.actions > 0 && !r.failed", "false"},
	{"a sync probes what is not Ready", "syncpod.go", "		p.trigger(now, &s)\n", ""},
	{"what is not Ready is synced each minute", "worker.go", "case p.unready() ||", "case"},
	{"the first result of a probe makes a sync", "probe.go", "		p.begin(now)\n", "		p.result = p.initial()\n"},
	{"a startup probe's success makes a sync", "probe.go", "		c.pod.setStarted(now, c, life, got == success)\n",
		"		c.pod.setStarted(now, c, life, got == success)\n		return\n"},
	{"the ticker begins anew with a probe out of turn", "probe.go", "	p.ticker.Set(now.Add(p.period))\n	if !p.asks",
		"	p.ticker.Set(now + sim.Time(p.period) - mod(now, sim.Time(p.period)))\n	if !p.asks"},
	{"the last phase waits for the end of all", "status.go", "s.terminal() && p.worker.stage < terminated", "false"},
	{"what is known already is not told", "status.go", "if !known {", "if known || !known {"},
	{"a pod stays Ready while it ends", "terminate.go", "	p.setStatus(now, s)\n	p.trigger",
		"	s.Ready = false\n	p.setStatus(now, s)\n	p.trigger"},
	{"the worker's end comes with a relist", "pleg.go", "w.waiting && now > w.last {", "w.waiting {"},
	{"hooks' seconds are cut", "kill.go", "		length -= at.Sub(now).Truncate(time.Second)\n		turn(at)",
		"		length -= at.Sub(now)\n		turn(at)"},
	{"a hook has the grace period at most", "hook.go", "most: most,", "most: longest,"},
	{"a request of a hook needs who listens", "hook.go", "target != nil && !target.serving", "false"},
	{"a failed postStart hook kills", "hook.go", "r.over(now, !r.fails, cut)", "r.over(now, true, cut)"},
	{"the deadline counts from a whole second", "deadline.go", "wholeSecond(now).Add(",
		"(now + sim.Time(time.Second)).Add("},
	{"a pod past its deadline has failed", "status.go", "p.deadline.passed(p.host.loop.Now())", "false"},
	{"a pod has a limit of its own", "podlevel.go", "m.limit = limits.Memory().Value()", "m.limit = 0"},
	{"the worst container goes", "podlevel.go", "score > highest", "score < highest"},
	{"hooks run beside each other", "kill.go", "\n		turn(at)", "\n		stop(at)"},
	{"sidecars end in reverse order", "kill.go", "return !o.runs[s]", "return true"},
	{"sidecars wait for the main containers", "kill.go", "		if o.runs[m] {\n			return false",
		"		if o.runs[m] {\n			return true"},
	{"2 s are left after the grace period", "kill.go", "max(length, minimumGracePeriod)", "max(length, 0)"},
	{"a probe has its own grace period", "kill.go", "gracePeriod(p.spec, c.probeSpec(why))", "gracePeriod(p.spec, nil)"},
	{"a forced deletion leaves 2 s", "terminate.go", "	p.terminate(now, leastGrace)", "	p.terminate(now, 30*time.Second)"},
	{"an evicted pod that leaves with 0 has succeeded", "terminate.go", "p.setStatus(now, p.generate(true, true))",
		"p.setStatus(now, p.status)"},
	{"a second pull waits in the queue", "pulls/pulls.go", "			return\n		}\n		busy++",
		"			if p.image != m.under[0].image {\n				continue\n			}\n		}\n		busy++"},
	{"pods without statistics go first", "eviction/eviction.go", "		case !c.Known:\n			return 0",
		"		case !c.Known:\n			return 3"},
	{"a pod just at a limit of its storage stays", "storage/limits.go", "used.Cmp(l.quantity) > 0",
		"used.Cmp(l.quantity) >= 0"},
	{"a full disk goes by what is written", "evict.go", "v1.ResourceEphemeralStorage, (*Pod).diskUse",
		"v1.ResourceEphemeralStorage, (*Pod).statistics"},
	{"critical pods are taken under DiskPressure", "disk.go", "critical || !h.pressure.storage.On",
		"!h.pressure.storage.On"},
	{"all that exceed a limit go at one look", "disk.go", "	p.queue = p.queue[1:]\n", "	p.queue = nil\n"},
	{"statistics are old", "evict.go", "	return c.stats.Bytes, true", "	return c.memory.bytes, true"},
	{"after an eviction the next look comes with the clean-up", "evict.go", "p.look.Set(now.Add(cleanupPoll))\n	}\n}",
		"p.look.Set(now.Add(evictionInterval))\n	}\n}"},
	{"an OOM kill takes the process that holds most", "child.go", "held <= m.bytes-held", "held > m.bytes-held"},
	{"without the setting it takes all processes", "container.go", "c.pod.host.oneProcess && c.killChild(now)",
		"c.killChild(now)"},
	{"the runtime says OOMKilled of a later end", "container.go", " || c.lostProcess:", ":"},
	{"init containers that end give way at a sync", "actions.go", "a.init = append(a.init, p.init[i+1])",
		"a.init = append(a.init, p.init[min(i+2, len(p.init)-1)])"},
	{"critical pods end after the others", "shutdown.go", "critical != (s.group == 1)", "critical != (s.group == 0)"},
	{"a shutdown shortens grace periods", "shutdown.go", "most = min(most, time.Duration(*own)*time.Second)",
		"most = time.Duration(*own) * time.Second"},
	{"a group that is through is not waited for", "shutdown.go", "return o == p }); len(s.left) == 0 {",
		"return o == p }); false {"},
}

// breaks writes a copy of the file with the rule broken, and the overlay with which the
// go command takes it for the file.
func (b broken) breaks(t *testing.T) (overlay string) {
	t.Helper()
	data, err := os.ReadFile(b.file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(data), b.text), "%s must hold once what is broken: %s", b.file, b.text)
	folder := t.TempDir()
	changed := filepath.Join(folder, filepath.Base(b.file))
	require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(data), b.text, b.instead, 1)), 0o600))
	own, err := filepath.Abs(b.file)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]map[string]string{"Replace": {own: changed}})
	require.NoError(t, err)
	overlay = filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, text, 0o600))
	return overlay
}

// inLives reports whether the rule is one that the random pods of the oracle live by:
// they have no images, no memory, and are not evicted, nor is their machine shut down,
// and no container of theirs lives for the ten minutes after which its back-off is forgotten.
func (b broken) inLives() bool {
	switch b.file {
	case "pulls/pulls.go", "podlevel.go", "storage/limits.go", "disk.go", "eviction/eviction.go", "evict.go",
		"child.go", "container.go", "shutdown.go":
		return false
	}
	return !strings.Contains(b.rule, "evicted") && !strings.Contains(b.rule, "a long life")
}

// Each rule that is broken on purpose is seen by a test of the package. Building the
// package so often takes minutes: BROKEN=all does it (make broken), BROKEN=oracle has
// them seen beside the kubelet's own code; without it the list is held against the
// source alone.
func TestBrokenRulesAreSeen(t *testing.T) {
	for _, b := range brokenRules {
		t.Run(strings.ReplaceAll(b.rule, " ", "-"), func(t *testing.T) {
			overlay := b.breaks(t)
			arguments := []string{"test", "-vet=off", "-timeout=1m", "-overlay=" + overlay, "-run",
				"TestTimelines|TestStat|TestEvict|TestPressure|TestPods", "."}
			switch os.Getenv("BROKEN") {
			default:
				return
			case "all":
			case "oracle":
				if !b.inLives() {
					t.Skip("no random pod lives by it")
				}
				arguments = []string{"test", "-vet=off", "-timeout=20m", "-tags=kubeletoracle", "-overlay=" + overlay,
					"./oracle", "-shown=1"}
			}
			out, err := exec.Command("go", arguments...).CombinedOutput()
			require.Error(t, err, "no test sees it")
			require.NotContains(t, string(out), "build failed", string(out))
			require.Contains(t, string(out), "FAIL", string(out))
		})
	}
}
