package page

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// silencedSection lists the findings that somebody wants not to hear of, and wishes for
// which there is none. Verbose tells what each one says.
func silencedSection(all []result.Silenced, verbose bool) section {
	s, n := section{title: "SILENCED", parts: []part{{}}}, 0
	list := &s.parts[0].list
	for _, w := range all {
		because := ""
		if w.Because != "" {
			because = ": " + w.Because
		}
		if len(w.Findings) == 0 {
			of := w.Object
			if of == "" {
				of = "any object"
			}
			*list = append(*list, fmt.Sprintf("nothing: %s of %s was not found (%s)%s", w.Rule, of, w.Source, because))
		}
		for _, f := range w.Findings {
			n++
			*list = append(*list, fmt.Sprintf("%s of %s (%s)%s", f.Rule, f.Object, w.Source, because))
			if verbose {
				*list = append(*list, fmt.Sprintf("%s: %s %s", f.Object, f.What, f.Change))
			}
		}
	}
	s.answer = words.CountOf(n, "finding")
	return s
}
