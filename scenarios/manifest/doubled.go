package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/record"
)

var doubledKey = regexp.MustCompile(`^line (\d+): key (".*") already set in map$`)

// onlyDoubled reports whether nothing is wrong with a document but keys that stand in
// it twice, and tells of each: kubectl takes the last one of them.
func (r *reader) onlyDoubled(d document, err error) bool {
	_, text, is := strings.Cut(err.Error(), "unmarshal errors:")
	if !is {
		return false
	}
	var list []record.Ignored
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		m := doubledKey.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			return false
		}
		n, _ := strconv.Atoi(m[1])
		list = append(list, record.Ignored{
			Object: Visible("key " + m[2]), Source: fmt.Sprintf("%s:%d", d.file, d.lineOf(n)),
			Reason: "stands twice in one object: the last one counts, as with kubectl",
		})
	}
	r.set.Ignored = append(r.set.Ignored, list...)
	return true
}
