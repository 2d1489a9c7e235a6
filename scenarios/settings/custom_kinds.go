package settings

import (
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/custom"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Names of kinds and paths of fields.
var (
	kindName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,62}$`)
	fieldPath = regexp.MustCompile(`^(\.?[A-Za-z0-9_-]+(\[[0-9]{1,6}\])*)(\.[A-Za-z0-9_-]+(\[[0-9]{1,6}\])*){0,30}$`)
)

// CustomKinds reads kinds that nobody has written, beside those that are simulated. broken
// reports whether an entry could not be read; it is passed over.
func CustomKinds(list []wire.CustomKind, simulated *kinds.Table, broken func(at string) bool,
	fault func(field, format string, arguments ...any)) (definitions []custom.Definition) {
	for i, k := range list {
		at := fmt.Sprintf("customKinds[%d]", i)
		if broken(at) {
			continue
		}
		d, ok := customKind(at, k, simulated, fault)
		switch {
		case !ok:
		case slices.ContainsFunc(definitions, func(other custom.Definition) bool { return other.Kind == d.Kind }):
			fault(at+".kind", "must be unique, got %s twice", k.Kind)
		default:
			definitions = append(definitions, d)
		}
	}
	return definitions
}

func customKind(at string, k wire.CustomKind, simulated *kinds.Table,
	fault func(field, format string, arguments ...any)) (d custom.Definition, ok bool) {
	ok = true
	refuse := func(field, format string, arguments ...any) {
		fault(at+field, format, arguments...)
		ok = false
	}
	version, err := schema.ParseGroupVersion(k.APIVersion)
	if err != nil || version.Group == "" || version.Version == "" {
		refuse(".apiVersion", "must be GROUP/VERSION of a custom resource, got %.80q", k.APIVersion)
	}
	switch {
	case !kindName.MatchString(k.Kind):
		refuse(".kind", "must be a kind such as LeaderWorkerSet, got %.80q", k.Kind)
	case simulated.Named(k.Kind) != nil:
		refuse(".kind", "must be a kind that is not simulated yet, got %s", k.Kind)
	case manifest.IsKubernetes(version.WithKind(k.Kind)):
		refuse(".kind", "must be a kind that Kubernetes does not have, got %s", k.Kind)
	}
	if !fieldPath.MatchString(k.Template) {
		refuse(".template", "must be a path such as .spec.template, got %.80q", k.Template)
	}
	if k.Replicas != "" && !fieldPath.MatchString(k.Replicas) {
		refuse(".replicas", "must be a path such as .spec.replicas, got %.80q", k.Replicas)
	}
	return custom.Definition{GroupVersionKind: version.WithKind(k.Kind), Template: k.Template, Replicas: k.Replicas,
		RestartsTogether: k.RestartsTogether}, ok
}
