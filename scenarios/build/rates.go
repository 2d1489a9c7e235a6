package build

import (
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/scenarios/manifest"
	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// givenRate is one --rps.
type givenRate struct {
	target    string // "" for the entrances; else as kubectl names an object
	perSecond float64
}

// entered is a stream of --rps: how much, and why it comes in where it does.
type entered struct {
	perSecond float64
	how       string
}

// givenRates reads --rps: a rate for each entrance, or TARGET=RATE.
func (b *builder) givenRates() (list []givenRate) {
	for _, text := range b.options.RPS {
		target, rate, is := strings.Cut(text, "=")
		if !is {
			target, rate = "", text
		}
		n, err := wire.ParsePerSecond(rate)
		switch {
		case err != nil:
			b.Add(0, "--rps", "%s", err)
		case is && strings.Trim(target, "/") == "":
			b.Add(0, "--rps", "must be RATE or Kind/name=RATE, got %.80q", text)
		case slices.ContainsFunc(list, func(g givenRate) bool { return g.target == target }):
			b.Add(0, "--rps", "must be given once for each target, got %.80q after another one", text)
		default:
			list = append(list, givenRate{target, n})
		}
	}
	return list
}

// enter sends requests to what --rps names.
func (b *builder) enter(g givenRate) {
	ref, err := b.objects.FindIn(g.target, b.namespace(""))
	if err != nil {
		b.Add(0, "--rps", "%s", err)
		return
	}
	how := "by --rps"
	s, is := b.objects.ByName[ref].Object.(*v1.Service)
	if !is {
		if s = b.toPodsOf(ref); s == nil {
			b.Add(0, "--rps", "must name a Service or what makes pods that have labels and stay, got %.80q", g.target)
			return
		}
		how += ", to the pods of " + ref.Kind + " " + ref.Name + " themselves"
	}
	b.send(s, g.perSecond, how)
}

// send adds a stream of --rps to a Service.
func (b *builder) send(s *v1.Service, perSecond float64, how string) {
	b.spec.Traffic = append(b.spec.Traffic, load.Traffic{
		Name: s.Namespace + "/" + s.Name, Namespace: s.Namespace, Service: s.Name, Rate: load.Constant{PerSecond: perSecond},
		Timeout: assumedTimeout,
	})
	b.entered = append(b.entered, entered{perSecond, how})
}

// sends reports whether a stream of --rps goes to a Service already.
func (b *builder) sends(to *v1.Service) bool {
	return slices.ContainsFunc(b.spec.Traffic, func(t load.Traffic) bool {
		return t.Namespace == to.Namespace && t.Service == to.Name
	})
}

// toPodsOf is toPods for an object of the manifests, nil for one that makes no pods.
func (b *builder) toPodsOf(ref cluster.ObjectRef) *v1.Service {
	t, makes := b.objects.TemplateOf(b.objects.ByName[ref])
	if !makes {
		return nil
	}
	return b.toPods(t)
}

// toPods is a Service that leads to the pods of a template, as the endpoint picker of an
// InferencePool sends requests to pods themselves; nil for pods that end by themselves
// or have no labels. It has the name of what makes them, with -pods where a Service has
// that already.
func (b *builder) toPods(t objects.Template) *v1.Service {
	if t.Ends || len(t.Labels) == 0 {
		return nil
	}
	if s := b.direct[t.Ref]; s != nil {
		return s
	}
	s := &v1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: t.Ref.Namespace, Name: t.Ref.Name},
		Spec:       v1.ServiceSpec{Selector: t.Labels, Ports: []v1.ServicePort{{Port: 80}}, ClusterIP: v1.ClusterIPNone},
	}
	for _, c := range t.Spec.Containers {
		if len(c.Ports) > 0 {
			s.Spec.Ports[0].Port = c.Ports[0].ContainerPort
			break
		}
	}
	s.Spec.Ports[0].TargetPort.IntVal = s.Spec.Ports[0].Port
	for {
		if _, taken := b.objects.Add(manifest.Object{Object: s}); !taken {
			break
		}
		s.Name += "-pods"
	}
	b.spec.Objects = append(b.spec.Objects, s)
	if b.direct == nil {
		b.direct = map[cluster.ObjectRef]*v1.Service{}
	}
	b.direct[t.Ref] = s
	return s
}
