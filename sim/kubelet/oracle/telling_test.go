//go:build kubeletoracle

package oracle

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// told is one thing that happened to a pod.
type told struct {
	at   time.Duration
	text string
}

func (t told) String() string { return fmt.Sprintf("%9.4f %s", t.at.Seconds(), t.text) }

// telling is what happened, in its order.
type telling struct {
	mu   sync.Mutex
	list []told
}

func (t *telling) say(at time.Duration, format string, arguments ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, told{at, fmt.Sprintf(format, arguments...)})
}

// statusPrefix begins what is told of a status.
const statusPrefix = "status "

// tidy is what can be compared: of the statuses of one instant the last, and only those
// that say something new; the rest of an instant in the order of the alphabet. It ends at a time.
func (t *telling) tidy(until time.Duration) (out []told) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := ""
	for i := 0; i < len(t.list) && t.list[i].at < until; {
		at, status := t.list[i].at, ""
		from := len(out)
		for ; i < len(t.list) && t.list[i].at-at < instant; i++ {
			if text, is := strings.CutPrefix(t.list[i].text, statusPrefix); is {
				status = text
				continue
			}
			out = append(out, t.list[i])
		}
		slices.SortStableFunc(out[from:], func(a, b told) int { return strings.Compare(a.text, b.text) })
		if status != "" && status != last {
			out = append(out, told{at, statusPrefix + status})
			last = status
		}
	}
	return out
}

// instant is what counts as one: the model's works end a nanosecond later.
const instant = 20 * time.Microsecond

// alike reports whether two tellings are the same, up to instants.
func alike(a, b []told) bool {
	return slices.EqualFunc(a, b, func(x, y told) bool { return x.text == y.text && (x.at-y.at).Abs() <= instant })
}

// differ shows two tellings side by side from a little before their first difference.
func differ(a, b []told) string {
	i := 0
	for i < min(len(a), len(b)) && alike(a[i:i+1], b[i:i+1]) {
		i++
	}
	from := max(0, i-6)
	show := func(list []told) string {
		var text strings.Builder
		for _, line := range list[min(from, len(list)):min(i+4, len(list))] {
			fmt.Fprintln(&text, line)
		}
		return text.String()
	}
	return fmt.Sprintf("kubelet\n%smodel\n%s", show(a), show(b))
}
