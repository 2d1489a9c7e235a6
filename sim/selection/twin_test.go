package selection

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"
)

// The twins look at all things, and at all selectors.

type thing struct {
	name, namespace string
	labels          labels.Set
	entry           *Entry[string]
}

type rule struct {
	name, namespace string
	selector        labels.Selector
	entry           *Selector[string]
}

func randomLabels(r *rand.Rand) labels.Set {
	set := labels.Set{}
	for range r.IntN(4) {
		set[fmt.Sprint("k", r.IntN(4))] = fmt.Sprint("v", r.IntN(3))
	}
	return set
}

func randomSelector(t *testing.T, r *rand.Rand) labels.Selector {
	if r.IntN(20) == 0 {
		return labels.Nothing()
	}
	text := ""
	for i := range r.IntN(3) {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf([]string{"k%d=v%d", "k%d in (v%d,v0)", "k%d!=v%d", "k%d notin (v%d)"}[r.IntN(4)], r.IntN(4), r.IntN(3))
	}
	if text == "" && r.IntN(2) == 0 {
		text = fmt.Sprintf([]string{"k%d", "!k%d"}[r.IntN(2)], r.IntN(4))
	}
	selector, err := labels.Parse(text)
	require.NoError(t, err)
	return selector
}

// play changes things and selectors at random. forget names a notice that is not
// given. It reports whether the answers were those of the twins throughout.
func play(t *testing.T, seed uint64, forget string) bool {
	r := rand.New(rand.NewPCG(seed, 1))
	namespace := func() string { return []string{"a", "b"}[r.IntN(2)] }
	var x Index[string]
	var s Selectors[string]
	var things []*thing
	var rules []*rule
	for step := range 300 {
		switch action := r.IntN(6); {
		case action == 0 || len(things) < 5 || len(rules) < 3:
			o := &thing{name: fmt.Sprint("t", step), namespace: namespace(), labels: randomLabels(r)}
			o.entry = x.Add(o.namespace, o.labels, o.name)
			things = append(things, o)
			q := &rule{name: fmt.Sprint("s", step), namespace: namespace(), selector: randomSelector(t, r)}
			q.entry = s.Add(q.namespace, q.selector, q.name)
			rules = append(rules, q)
		case action == 1:
			i := r.IntN(len(things))
			if forget != "remove" {
				x.Remove(things[i].entry)
			}
			things = append(things[:i], things[i+1:]...)
		case action == 2:
			i := r.IntN(len(rules))
			if forget != "remove a selector" {
				s.Remove(rules[i].entry)
			}
			rules = append(rules[:i], rules[i+1:]...)
		case action == 3:
			q := rules[r.IntN(len(rules))]
			q.selector = randomSelector(t, r)
			if forget != "change" {
				s.Change(q.entry, q.selector)
			}
		default:
			o := things[r.IntN(len(things))]
			if o.labels = randomLabels(r); r.IntN(3) == 0 {
				o.labels = maps.Clone(things[0].labels)
			}
			if forget != "relabel" {
				x.Relabel(o.entry, o.labels)
			}
		}
		q, o := rules[r.IntN(len(rules))], things[r.IntN(len(things))]
		var matched, matching []string
		for _, o := range things {
			if o.namespace == q.namespace && q.selector.Matches(o.labels) {
				matched = append(matched, o.name)
			}
		}
		for _, q := range rules {
			if o.namespace == q.namespace && q.selector.Matches(o.labels) {
				matching = append(matching, q.name)
			}
		}
		if !equal(matched, x.Matching(q.namespace, q.selector)) || !equal(matching, s.Matching(o.namespace, o.labels)) {
			return false
		}
	}
	for _, o := range things {
		x.Remove(o.entry)
	}
	return forget != "" || len(x.places) == 0
}

func equal(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func TestAnswersAreThoseOfAWalk(t *testing.T) {
	for seed := range uint64(200) {
		require.True(t, play(t, seed, ""), "seed %d", seed)
	}
}

// A notice that is not given has to be seen.
func TestAForgottenNoticeIsSeen(t *testing.T) {
	for _, notice := range []string{"remove", "remove a selector", "change", "relabel"} {
		seen := false
		for seed := range uint64(200) {
			seen = seen || !play(t, seed, notice)
		}
		require.True(t, seen, notice)
	}
}

// What a thing with very many labels costs depends on the labels that selectors
// require.
func BenchmarkManyLabels(b *testing.B) {
	set := labels.Set{"app": "web"}
	for i := range 100_000 {
		set[fmt.Sprint("label", i)] = "x"
	}
	var s Selectors[int]
	s.Add("a", labels.SelectorFromSet(labels.Set{"app": "web"}), 1)
	for b.Loop() {
		require.Equal(b, []int{1}, s.Matching("a", set))
	}
}
