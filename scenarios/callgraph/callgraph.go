// Package callgraph says where requests come into a cluster and which Services its
// containers call, by what manifests name.
package callgraph

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/recognise"
)

// Graph is the Services of some objects and who names them.
type Graph struct {
	Objects *objects.Index
	// Routed are the Services that Ingresses and routes lead to, Hooked those that the
	// API server asks by webhooks.
	Routed, Hooked []types.NamespacedName

	named map[string]bool // nil before it is looked at
	order map[string]int  // places of the Services in the input, nil before it is looked at
}

// Entrances are the Services at which requests come in when nobody says which: those
// that an Ingress or a route leads to, or that are of type LoadBalancer or NodePort;
// else those that no other workload names, that are no part of the cluster's own
// machinery, and whose pods are no databases, caches or collectors. how says by which
// of these.
func (g *Graph) Entrances() (list []*v1.Service, how string) {
	var candidates []*v1.Service
	for _, s := range g.Objects.Services() {
		if len(g.Objects.Selected(s)) > 0 && len(s.Spec.Ports) > 0 {
			candidates = append(candidates, s)
		}
	}
	for _, rule := range []struct {
		how string
		is  func(*v1.Service) bool
	}{
		{"an Ingress or a route leads to it", func(s *v1.Service) bool {
			return slices.Contains(g.Routed, types.NamespacedName{Namespace: s.Namespace, Name: s.Name})
		}},
		{"it is of type LoadBalancer or NodePort", func(s *v1.Service) bool {
			return s.Spec.Type == v1.ServiceTypeLoadBalancer || s.Spec.Type == v1.ServiceTypeNodePort
		}},
		{"no other workload names it", func(s *v1.Service) bool {
			return !g.Named()[s.Namespace+"/"+s.Name] && !g.internal(s)
		}},
		{"it has pods", func(*v1.Service) bool { return true }},
	} {
		for _, s := range candidates {
			if rule.is(s) {
				list = append(list, s)
			}
		}
		if len(list) > 0 {
			return g.oncePerPods(list), rule.how
		}
	}
	return nil, ""
}

// oncePerPods leaves out Services whose pods another one has, too: a headless one
// beside the one that clients use.
func (g *Graph) oncePerPods(list []*v1.Service) (kept []*v1.Service) {
	seen := map[string]bool{}
	slices.SortStableFunc(list, func(x, y *v1.Service) int {
		headless := func(s *v1.Service) int {
			if s.Spec.ClusterIP == v1.ClusterIPNone {
				return 1
			}
			return 0
		}
		return cmp.Compare(headless(x), headless(y))
	})
	for _, s := range list {
		key := ""
		for _, t := range g.Objects.Selected(s) {
			key += t.Key() + " "
		}
		if !seen[key] {
			kept = append(kept, s)
		}
		seen[key] = true
	}
	return kept
}

var machinery = regexp.MustCompile(`(?i)(^|-)(metrics|webhook|probes?|health|monitoring|admission)(-|$)`)

// internal reports whether a Service is there for the cluster and for other programs:
// metrics, webhooks, databases, caches, collectors.
func (g *Graph) internal(s *v1.Service) bool {
	if machinery.MatchString(s.Name) || !slices.ContainsFunc(s.Spec.Ports, func(p v1.ServicePort) bool {
		return !machinery.MatchString(p.Name)
	}) {
		return true
	}
	if slices.Contains(g.Hooked, types.NamespacedName{Namespace: s.Namespace, Name: s.Name}) {
		return true
	}
	return !slices.ContainsFunc(g.Objects.Selected(s), func(t objects.Template) bool {
		p, is := recognise.Of(&t.Spec.Containers[0])
		return !is || p.Companion == nil || !p.Companion.Keeps
	})
}

// Named are the Services, namespace/name, that workloads with a Service of their own
// name in their environment, command or arguments.
func (g *Graph) Named() map[string]bool {
	if g.named != nil {
		return g.named
	}
	g.named = map[string]bool{}
	for _, caller := range g.Objects.Services() {
		for _, t := range g.Objects.Selected(caller) {
			for _, key := range g.namedBy(t, "") {
				g.named[key] = true
			}
		}
	}
	return g.named
}

// namedBy are the Services of the input that the containers of a template name, or
// one of them, without its own, in the order of the input.
func (g *Graph) namedBy(t objects.Template, container string) []string {
	found := map[string]bool{}
	for _, c := range t.Spec.Containers {
		if container != "" && c.Name != container {
			continue
		}
		for key := range hostsOf(textOf(c), t.Ref.Namespace) {
			found[key] = true
		}
		if selector := discovered(c); selector != nil {
			for _, other := range g.Objects.Templates() {
				if other.Ref.Namespace == t.Ref.Namespace && selector.Matches(labels.Set(other.Labels)) {
					g.behind(other, found)
				}
			}
		}
	}
	var list []string
	for key := range found {
		if s := g.service(key); s != nil && len(g.Objects.Selected(s)) > 0 && !g.selects(s, t) {
			list = append(list, key)
		}
	}
	slices.SortFunc(list, func(x, y string) int { return cmp.Compare(g.places()[x], g.places()[y]) })
	return list
}

// behind adds the Services that select the pods of a template.
func (g *Graph) behind(t objects.Template, found map[string]bool) {
	for _, s := range g.Objects.Services() {
		if s.Namespace == t.Ref.Namespace && g.selects(s, t) {
			found[s.Namespace+"/"+s.Name] = true
		}
	}
}

// service is the Service of a key, namespace/name, nil for none.
func (g *Graph) service(key string) *v1.Service {
	namespace, name, _ := strings.Cut(key, "/")
	s, _ := g.Objects.ByName[objects.Ref("Service", namespace, name)].Object.(*v1.Service)
	return s
}

// places are the Services' places in the input.
func (g *Graph) places() map[string]int {
	if g.order == nil {
		g.order = map[string]int{}
		for i, s := range g.Objects.Services() {
			g.order[s.Namespace+"/"+s.Name] = i
		}
	}
	return g.order
}

// textOf is what a container says that can name others.
func textOf(c v1.Container) string {
	var b strings.Builder
	for _, word := range slices.Concat(c.Command, c.Args) {
		b.WriteString(word + "\n")
	}
	for _, e := range c.Env {
		b.WriteString(e.Name + "=" + e.Value + "\n")
	}
	return b.String()
}

// discovered selects the pods that a container finds by their labels, as the router of
// vLLM's production stack does (--k8s-label-selector); nil for none.
func discovered(c v1.Container) labels.Selector {
	text := recognise.Flag(&c, "--k8s-label-selector")
	selector, err := labels.Parse(text)
	if text == "" || err != nil {
		return nil
	}
	return selector
}

func (g *Graph) selects(s *v1.Service, t objects.Template) bool {
	return slices.ContainsFunc(g.Objects.Selected(s), func(other objects.Template) bool { return other.Ref == t.Ref })
}

var hosts = regexp.MustCompile(`(?i)(\w*=)?([a-z]+://(?:[^/@\s]*@)?)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:\d+)?`)

// hostVariable is a variable that holds a host without its port.
var hostVariable = regexp.MustCompile(`(?i)(HOST|HOSTNAME|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVER|SERVICE|BROKER|BROKERS)=$`)

// hostsOf are the Services, namespace/name, that a text of a namespace may name as
// hosts: by their whole name in DNS, or by their own before a port, in an address, or in
// a variable for hosts.
func hostsOf(text, from string) map[string]bool {
	found := map[string]bool{}
	for _, m := range hosts.FindAllStringSubmatch(text, -1) {
		variable, scheme, port := m[1], m[2], m[4]
		parts := strings.Split(strings.ToLower(m[3]), ".")
		sure := port != "" || scheme != "" || hostVariable.MatchString(variable)
		switch {
		case len(parts) == 1 && sure:
			found[from+"/"+parts[0]] = true
		case len(parts) == 2 && sure, len(parts) > 2 && strings.HasPrefix(parts[2], "svc"):
			found[parts[1]+"/"+parts[0]] = true
		}
	}
	return found
}

// Calls are, by template and container, the Services that an undescribed
// container is taken to call for each request, without those that would lead back.
func (g *Graph) Calls() map[string][]string {
	calls, edges := map[string][]string{}, map[string][]string{}
	var leads func(from, to string, seen map[string]bool) bool
	leads = func(from, to string, seen map[string]bool) bool {
		if from == to {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(edges[from], func(next string) bool { return leads(next, to, seen) })
	}
	for _, t := range g.Objects.Templates() {
		for _, c := range t.Spec.Containers {
			for _, key := range g.namedBy(t, c.Name) {
				s := g.service(key)
				back := slices.ContainsFunc(g.Objects.Selected(s), func(callee objects.Template) bool {
					return leads(callee.Key(), t.Key(), map[string]bool{})
				})
				if back {
					continue
				}
				for _, callee := range g.Objects.Selected(s) {
					edges[t.Key()] = append(edges[t.Key()], callee.Key())
				}
				calls[t.Key()+" "+c.Name] = append(calls[t.Key()+" "+c.Name], key)
			}
		}
	}
	return calls
}
