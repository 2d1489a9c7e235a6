package life

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// event is a line of a recording: a watch event of a Pod or an Event in flat form, a
// line that a container wrote (LOG), or a step (MARK).
type event struct {
	T       float64  `json:"t"`
	Rel     *float64 `json:"rel"`
	Run     int      `json:"run"`
	Kind    string   `json:"kind"`
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	UID     string   `json:"uid"`
	Version string   `json:"rv"`

	Msg       string `json:"msg"`
	Container string `json:"container"`
	Life      int    `json:"life"`

	Node       *string `json:"node"`
	Phase      string  `json:"phase"`
	Deletion   *string `json:"deletionTimestamp"`
	Conditions map[string]struct {
		Status string `json:"status"`
	} `json:"conditions"`
	Init       []containerEvent `json:"init"`
	Containers []containerEvent `json:"containers"`

	Reason  string `json:"reason"`
	Object  string `json:"obj"`
	Message string `json:"message"`
}

type containerEvent struct {
	Name     string `json:"name"`
	Restarts int    `json:"restartCount"`
	State    struct {
		Terminated *ending `json:"terminated"`
	} `json:"state"`
	Last struct {
		Terminated *ending `json:"terminated"`
	} `json:"lastState"`
}

type ending struct {
	Code   int    `json:"exitCode"`
	Reason string `json:"reason"`
}

// podState is what is known of a pod while its events are read.
type podState struct {
	number       int
	bound, ready bool
	ended        bool
	deleting     bool
	exits        map[string]bool // container#life of which code and reason are known
	asked        map[string]bool // that got SIGTERM
}

// watch makes entries of events.
type watch struct {
	runs map[int]*runState
	seen map[string]bool
}

type runState struct {
	entries []Entry
	pods    map[string]*podState
	over    bool // the step that ends the run has come
}

func newWatch() *watch { return &watch{runs: map[int]*runState{}, seen: map[string]bool{}} }

func (w *watch) recording() (r Recording) {
	for _, n := range slices.Sorted(maps.Keys(w.runs)) {
		r.Entries = append(r.Entries, w.runs[n].entries...)
	}
	return r
}

// exitLine is how a test server says that it ends.
var exitLine = regexp.MustCompile(`\bexit (\d+)\b`)

func (w *watch) add(e *event) error {
	run := w.runs[e.Run]
	if run == nil {
		run = &runState{pods: map[string]*podState{}}
		w.runs[e.Run] = run
	}
	if e.UID != "" && e.Version != "" {
		id := fmt.Sprint(e.Run, e.Kind, e.UID, e.Type, e.Version)
		if w.seen[id] {
			return fmt.Errorf("rv: must be new, got the event %s of %s %s again", e.Type, e.Kind, e.Name)
		}
		w.seen[id] = true
	}
	if run.over {
		return nil
	}
	switch e.Kind {
	case "MARK":
		run.over = e.Name == "end"
		run.entries = append(run.entries, Entry{Run: e.Run, T: *e.Rel, Kind: Step, Text: e.Name})
	case "Pod":
		run.pod(e)
	case "LOG":
		run.log(e)
	case "Event":
		if _, name, _ := strings.Cut(e.Object, "/"); e.Reason == "Evicted" && run.pods[name] != nil {
			run.say(e, run.pods[name], Entry{Kind: Evicted})
		}
	}
	return nil
}

func (r *runState) say(e *event, p *podState, entry Entry) {
	entry.Run, entry.T, entry.Pod = e.Run, *e.Rel, p.number
	r.entries = append(r.entries, entry)
}

func (r *runState) pod(e *event) {
	p := r.pods[e.Name]
	if p == nil {
		p = &podState{number: len(r.pods), exits: map[string]bool{}, asked: map[string]bool{}}
		r.pods[e.Name] = p
		r.say(e, p, Entry{Kind: Created})
	}
	if e.Node != nil && *e.Node != "" && !p.bound {
		p.bound = true
		r.say(e, p, Entry{Kind: Bound})
	}
	if ready := e.Conditions["Ready"].Status == "True"; ready != p.ready {
		p.ready = ready
		kind := Unready
		if ready {
			kind = Ready
		}
		r.say(e, p, Entry{Kind: kind})
	}
	for _, c := range append(slices.Clone(e.Init), e.Containers...) {
		r.ending(e, p, c.Name, c.Restarts, c.State.Terminated)
		r.ending(e, p, c.Name, c.Restarts-1, c.Last.Terminated)
	}
	if (e.Phase == "Succeeded" || e.Phase == "Failed") && !p.ended {
		p.ended = true
		r.say(e, p, Entry{Kind: Ended, Text: e.Phase})
	}
	if e.Deletion != nil && *e.Deletion != "" && !p.deleting {
		p.deleting = true
		r.say(e, p, Entry{Kind: Deleting})
	}
	if e.Type == "DELETED" {
		r.say(e, p, Entry{Kind: Gone})
	}
}

// ending adds code and reason to the end of a process, which the log has told to
// the millisecond, or not at all where it was killed.
func (r *runState) ending(e *event, p *podState, container string, life int, t *ending) {
	id := fmt.Sprint(container, "#", life)
	if t == nil || life < 0 || p.exits[id] {
		return
	}
	p.exits[id] = true
	for i := range r.entries {
		if o := &r.entries[i]; o.Kind == Exited && o.Pod == p.number && o.Container == container && o.Life == life {
			o.Code, o.Reason = t.Code, t.Reason
			return
		}
	}
	r.say(e, p, Entry{Kind: Exited, Container: container, Life: life, Code: t.Code, Reason: t.Reason, Text: "seen"})
}

func (r *runState) log(e *event) {
	p := r.pods[e.Name]
	if p == nil {
		return
	}
	switch m := exitLine.FindStringSubmatch(e.Msg); {
	case strings.Contains(e.Msg, "signal terminated"):
		p.asked[fmt.Sprint(e.Container, "#", e.Life)] = true
	case strings.Contains(e.Msg, " begin "):
		r.say(e, p, Entry{Kind: Began, Container: e.Container, Life: e.Life})
	case m != nil && !strings.Contains(e.Msg, "hook"):
		code, err := strconv.Atoi(m[1])
		if err != nil {
			return // the expression matches numbers
		}
		exit := Entry{Kind: Exited, Container: e.Container, Life: e.Life, Code: code}
		if p.asked[fmt.Sprint(e.Container, "#", e.Life)] {
			exit.Text = "asked"
		}
		r.say(e, p, exit)
	}
}
