package build

import (
	"github.com/kube-rehearse/rehearse/scenarios/settings"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/custom"
)

// customKinds adds kinds that nobody has written.
func (b *builder) customKinds(list []wire.CustomKind) {
	definitions := settings.CustomKinds(list, b.spec.Kinds(), b.broken, b.fault)
	if len(definitions) == 0 {
		return
	}
	e := custom.Extension(definitions)
	b.spec.Extensions = append(b.spec.Extensions, e)
	b.manifests.Kinds = append(b.manifests.Kinds, e.Kinds...)
	for _, d := range definitions {
		when := "what fails is made anew, and all of them when the template changes, at once and when the old ones are gone"
		if d.RestartsTogether {
			when = "all of them are made anew, when the old ones are gone, as soon as one restarts, fails or goes, or the " +
				"template changes"
		}
		b.assumption("%s: nobody has written its operator: its pods are made of %s; %s", d.Kind, d.Template, when)
	}
}
