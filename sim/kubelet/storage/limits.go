package storage

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
)

// LimitKind is which limit a pod has exceeded.
type LimitKind string

// The kinds, in the order in which the kubelet asks for them.
const (
	SizeLimit      LimitKind = "sizeLimit" // of an emptyDir volume
	PodLimit       LimitKind = "pod"       // of all containers together
	ContainerLimit LimitKind = "container"
)

// Exceeded is a limit that a pod has exceeded: of the volume or container Of, of so many
// bytes, where the statistics have Used.
type Exceeded struct {
	Kind  LimitKind
	Of    string
	Bytes int64
	Used  int64
	// Message is what the pod's status says.
	Message string
}

// limit is one that a pod has.
type limit struct {
	kind     LimitKind
	of       string
	quantity resource.Quantity
	used     func(now sim.Time) float64 // by the statistics
	lines    []*line                    // what counts
}

// limitsOf are the limits of a pod, in the order in which they are looked at
// (localStorageEviction: emptyDirLimitEviction, podEphemeralStorageLimitEviction,
// containerEphemeralStorageLimitEviction). Init containers count when they are sidecars.
func limitsOf(p *Pod) (list []limit) {
	for _, v := range p.spec.Spec.Volumes {
		if v.EmptyDir == nil || v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.Sign() != 1 {
			continue
		}
		for _, w := range p.volumes {
			if w.name == v.Name {
				list = append(list, limit{kind: SizeLimit, of: v.Name, quantity: *v.EmptyDir.SizeLimit,
					used: func(sim.Time) float64 { return w.seen.bytes }, lines: []*line{&w.line}})
			}
		}
	}
	limits := resourcehelper.PodLimits(p.spec, resourcehelper.PodResourcesOptions{})
	if q, found := limits[v1.ResourceEphemeralStorage]; found {
		list = append(list, limit{kind: PodLimit, quantity: q, used: p.Used, lines: p.lines()})
	}
	for i, c := range p.containers {
		if c == nil || i < len(p.spec.Spec.InitContainers) && !podutil.IsRestartableInitContainer(c.spec) {
			continue
		}
		if q := c.spec.Resources.Limits.StorageEphemeral(); q.Value() != 0 {
			list = append(list, limit{kind: ContainerLimit, of: c.spec.Name, quantity: *q, used: c.used,
				lines: []*line{&c.layer, &c.logs}})
		}
	}
	return list
}

// Exceeds is the first limit that the pod has exceeded by its statistics, nil for none.
func (p *Pod) Exceeds(now sim.Time) *Exceeded {
	if p == nil || now < p.watch.due {
		return nil
	}
	p.pass(now)
	for i := range p.limits {
		l := &p.limits[i]
		used := resource.NewQuantity(int64(l.used(now)), resource.BinarySI)
		if used.Cmp(l.quantity) > 0 {
			return &Exceeded{Kind: l.kind, Of: l.of, Bytes: l.quantity.Value(), Used: used.Value(), Message: l.message()}
		}
	}
	p.plan(now)
	return nil
}

// message is that of eviction/helpers.go.
func (l *limit) message() string {
	switch l.kind {
	case SizeLimit:
		return fmt.Sprintf("Usage of EmptyDir volume %q exceeds the limit %q. ", l.of, l.quantity.String())
	case PodLimit:
		return fmt.Sprintf("Pod ephemeral local storage usage exceeds the total limit of containers %s. ", l.quantity.String())
	}
	return fmt.Sprintf("Container %s exceeded its local ephemeral storage limit %q. ", l.of, l.quantity.String())
}

// plan says from when on a limit may be exceeded.
func (p *Pod) plan(now sim.Time) {
	p.watch = never()
	for i := range p.limits {
		l := &p.limits[i]
		p.watch.include(l.lines, now, l.quantity.AsApproximateFloat64())
	}
}

// watch waits for a level. Requests may write some more before it has to be computed
// again: due is early by that much.
type watch struct {
	due    sim.Time
	budget float64
}

func never() watch { return watch{due: sim.Never, budget: -1} }

// include waits for one more level.
func (w *watch) include(lines []*line, now sim.Time, level float64) {
	left := level - sum(lines, now)
	budget := max(left/64, 1)
	w.due = min(w.due, reaches(lines, now, level-budget))
	if w.budget < 0 || budget < w.budget {
		w.budget = budget
	}
}

// spend takes bytes off, and reports whether it has to be computed again.
func (w *watch) spend(bytes float64) bool {
	if w.budget < 0 {
		return false // nothing is waited for
	}
	w.budget = max(0, w.budget-bytes)
	return w.budget == 0
}
