package serving

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
)

// Pods are some of a workload's pods: those that fit all that is given.
type Pods struct {
	// Indexes are completion indexes of an Indexed Job.
	Indexes []IndexRange
	// Ordinals are those of a StatefulSet.
	Ordinals []IndexRange
	// Image is a pattern of the container's image, in which * stands for any text.
	Image string
	// Revision is that of the pod's template.
	Revision Revision
	// Share is how probable it is that a pod is one of them; 0 is all. It is drawn
	// once a pod from the stream of the name Draw.
	Share float64
	Draw  string
}

// IndexRange is completion indexes or ordinals, the last included.
type IndexRange struct{ First, Last int }

// Revision is old for the template that a workload's first pod in a run was made from,
// and new for all others.
type Revision string

// Revisions; the empty one is any.
const (
	OldRevision Revision = "old"
	NewRevision Revision = "new"
)

// All reports whether all pods are selected.
func (s *Pods) All() bool {
	return s.Indexes == nil && s.Ordinals == nil && s.Image == "" && s.Revision == "" && s.Share == 0
}

// note keeps the revision of a workload's first pod.
func (d *descriptions) note(p *apiserver.Pod) {
	if d.first == nil {
		return
	}
	if _, known := d.first[p.Workload]; !known {
		d.first[p.Workload] = kinds.TemplateHash(p.Object())
	}
}

// selects reports whether a pod, or the one container of it, is one of some.
func (d *descriptions) selects(s *Pods, p *apiserver.Pod, container string) bool {
	o := p.Object()
	switch {
	case s.Indexes != nil && !within(s.Indexes, o.Annotations[batchv1.JobCompletionIndexAnnotation]):
	case s.Ordinals != nil && !within(s.Ordinals, o.Labels[appsv1.PodIndexLabel]):
	case s.Image != "" && !s.FitsImage(imageOf(o, container)):
	case s.Revision == OldRevision && kinds.TemplateHash(o) != d.first[p.Workload]:
	case s.Revision == NewRevision && kinds.TemplateHash(o) == d.first[p.Workload]:
	case s.Share > 0 && d.streams.Get(s.Draw, p.Stream()).Float64() >= s.Share:
	default:
		return true
	}
	return false
}

func within(list []IndexRange, text string) bool {
	index, err := strconv.Atoi(text)
	return err == nil && slices.ContainsFunc(list, func(r IndexRange) bool { return r.First <= index && index <= r.Last })
}

func imageOf(o *v1.Pod, container string) string {
	for _, list := range [][]v1.Container{o.Spec.Containers, o.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == container {
				return list[i].Image
			}
		}
	}
	return ""
}

// FitsImage reports whether an image fits the pattern.
func (s *Pods) FitsImage(image string) bool {
	parts := strings.Split(s.Image, "*")
	rest, is := strings.CutPrefix(image, parts[0])
	if !is || len(parts) == 1 {
		return is && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
