package result

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Objects lists what can be explained, as Kind/namespace/name, in order.
func (r *Result) Objects() []string {
	var list []string
	add := func(object string) { list = append(list, strings.Replace(object, " ", "/", 1)) }
	for _, p := range r.Pods {
		add("Pod " + p.Name)
	}
	for key := range r.Workloads {
		object := record.ParseKey(key).Object()
		add(object)
	}
	for key := range r.Services {
		add("Service " + key)
	}
	for name := range r.Nodes {
		add("Node " + name)
	}
	for _, e := range r.Events {
		if strings.HasPrefix(e.Object, "ScaledObject ") {
			add(e.Object)
		}
	}
	for key := range r.HPA {
		add("HorizontalPodAutoscaler " + key)
	}
	for key := range r.DisruptionBudgets {
		add("PodDisruptionBudget " + key)
	}
	for _, s := range r.Steps {
		if s.Error == "" {
			continue
		}
		for _, object := range s.Objects { // one that was refused may never have been there
			add(object)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Object finds "Kind namespace/name" of what a person wrote.
func (r *Result) Object(text string) (string, error) {
	var found []string
	for _, object := range r.Objects() {
		if IsNamed(object, text) {
			found = append(found, strings.Replace(object, "/", " ", 1))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("must be an object of the run, got %.80q; there are %s", text, SomeOf(r.Objects()))
	}
	return "", fmt.Errorf("must name one object, got %.80q, which can be %s", text, strings.Join(found, " or "))
}

// IsNamed reports whether a person who writes text, Kind/name or
// Kind/namespace/name, can mean an object, Kind/namespace/name.
func IsNamed(object, text string) bool {
	kind, name, _ := strings.Cut(text, "/")
	k, key, _ := strings.Cut(object, "/")
	_, short, _ := strings.Cut(key, "/")
	return strings.EqualFold(k, kind) && name != "" && (key == name || short == name)
}

// SomeOf lists the first objects, nodes and pods last.
func SomeOf(objects []string) string {
	isPod := func(object string) bool {
		return strings.HasPrefix(object, "Pod/") || strings.HasPrefix(object, "Node/")
	}
	pods := slices.DeleteFunc(slices.Clone(objects), func(object string) bool { return !isPod(object) })
	objects = append(slices.DeleteFunc(objects, isPod), pods...)
	const most = 12
	if len(objects) > most {
		return strings.Join(objects[:most], ", ") + fmt.Sprintf(" and %d more", len(objects)-most)
	}
	return strings.Join(objects, ", ")
}
