package kubectl

import (
	"errors"
	"fmt"
	"slices"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/disruption"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// kubectl drain's own times (k8s.io/kubectl/pkg/drain/drain.go): a refused
// eviction is tried again after retryEviction, and every pollDeletion it looks
// whether an evicted pod is gone.
const (
	retryEviction = 5 * time.Second
	pollDeletion  = time.Second
)

// drain is one kubectl drain under way.
type drain struct {
	user *User
	Drain
	step     int // of the timeline
	began    sim.Time
	deadline sim.Time // 0 for none
	pods     []*leaver
	failed   []error
	gaveUp   []record.Undrained // pods that it gave up at the deadline
	met      []string           // budgets of its pods
	blamed   []string           // budgets of those that it could not evict
}

func (u *User) drain(a Drain) error {
	if err := u.cordon(Cordon{Node: a.Node, Unschedulable: true}); err != nil {
		return err
	}
	d := &drain{user: u, Drain: a, step: u.step, began: u.Now()}
	if a.Timeout > 0 {
		d.deadline = u.Now().Add(a.Timeout)
	}
	pods, err := d.toEvict()
	if err != nil {
		return err
	}
	for _, p := range pods {
		d.pods = append(d.pods, &leaver{drain: d, pod: p})
	}
	u.drains = append(u.drains, d)
	d.finish()
	for _, l := range d.pods {
		d.evictAfter(0, l)
	}
	return nil
}

// unable is what kubectl ends with (cmd/drain/drain.go, RunDrain).
func (d *drain) unable(faults []error) error {
	return apiserver.Answer(fmt.Sprintf("unable to drain node %q due to error: %s", d.Node,
		utilerrors.NewAggregate(faults)))
}

func (d *drain) expired(now sim.Time) bool { return d.deadline > 0 && now >= d.deadline }

// evictAfter asks for the eviction of a pod after some time. The requests of a
// drain go side by side, and each is carried out when it is.
func (d *drain) evictAfter(after time.Duration, l *leaver) {
	after += l.pod.About(manager.CallTime, "eviction")
	d.user.Loop.After(after, sim.PhaseControl, sim.Func(func(now sim.Time) { d.evict(now, l) }))
}

// evict tries to evict a pod until it may go.
func (d *drain) evict(now sim.Time, l *leaver) {
	u, p := d.user, l.pod
	if p.Gone() {
		d.gone(l)
		return
	}
	if d.expired(now) {
		d.giveUp(l, fmt.Sprintf("error when evicting pods/%q -n %q: global timeout reached: %s", p.Name(), p.Namespace(),
			d.Timeout))
		return
	}
	err := u.Evict(p)
	var refusal *disruption.Refusal
	switch {
	case err == nil:
		l.evicted, l.since = true, now
		u.Loop.After(0, sim.PhaseControl, sim.Func(func(now sim.Time) { d.wait(now, l) }))
	case errors.As(err, &refusal) && refusal.Code == 429:
		if l.refused == nil {
			d.sayOf(p, fmt.Sprintf("error when evicting pods/%q -n %q (will retry after 5s): %s %s", p.Name(), p.Namespace(),
				refusal.Message, refusal.Cause))
		}
		l.refused = refusal
		d.evictAfter(retryEviction, l)
	default:
		d.fail(l, fmt.Sprintf("error when evicting pods/%q -n %q: %s", p.Name(), p.Namespace(), err))
	}
}

// wait looks every second whether an evicted pod is gone.
func (d *drain) wait(now sim.Time, l *leaver) {
	p := l.pod
	switch {
	case p.Gone():
		d.sayOf(p, fmt.Sprintf("pod/%s evicted", p.Name()))
		d.gone(l)
	case d.expired(now):
		d.giveUp(l, fmt.Sprintf("error when waiting for pod %q in namespace %q to terminate: global timeout reached: %s",
			p.Name(), p.Namespace(), d.Timeout))
	default:
		d.user.Loop.After(pollDeletion, sim.PhaseControl, sim.Func(func(now sim.Time) { d.wait(now, l) }))
	}
}

// leaver is a pod that has to go.
type leaver struct {
	drain   *drain
	pod     *apiserver.Pod
	refused *disruption.Refusal // the last one
	evicted bool
	since   sim.Time // it was evicted
	done    bool
}

// left is why it is still there.
func (l *leaver) left() record.Undrained {
	p := l.pod
	r := record.Undrained{Pod: p.Key()}
	switch grace := p.Object().DeletionGracePeriodSeconds; {
	case l.evicted:
		r.Terminating = l.drain.user.Now() - l.since
		if grace != nil {
			r.Grace = sim.Time(time.Duration(*grace) * time.Second)
		}
	case l.refused != nil:
		r.Budgets, r.Message, r.Unready = l.drain.user.BudgetsOf(p), l.refused.Cause, !podutil.IsPodReady(p.Object())
	}
	return r
}

func (d *drain) giveUp(l *leaver, message string) {
	d.gaveUp = append(d.gaveUp, l.left())
	d.fail(l, message)
}

func (d *drain) fail(l *leaver, message string) {
	d.failed = append(d.failed, apiserver.Answer(message))
	for _, budget := range d.budgets(l.pod) {
		if !slices.Contains(d.blamed, budget) {
			d.blamed = append(d.blamed, budget)
		}
	}
	d.gone(l)
}

func (d *drain) gone(l *leaver) {
	l.done = true
	d.finish()
}

// finish tells the outcome once no pod is left to wait for.
func (d *drain) finish() {
	if slices.ContainsFunc(d.pods, func(l *leaver) bool { return !l.done }) {
		return
	}
	var err error
	if len(d.failed) == 0 {
		d.tell("drain node "+d.Node+": node/"+d.Node+" drained", d.met, nil)
	} else {
		err = d.unable(d.failed)
		d.tell("drain node "+d.Node, d.blamed, err)
	}
	d.recordEnd(record.Drained{Left: d.gaveUp}, err)
	d.user.drains = slices.DeleteFunc(d.user.drains, func(o *drain) bool { return o == d })
}

func (d *drain) recordEnd(end record.Drained, err error) {
	end.At, end.Node, end.Since, end.Timeout, end.Index, end.Source = d.user.At(), d.Node, d.began, sim.Time(d.Timeout),
		d.step, d.user.sourceOf(d.step)
	if err != nil {
		end.Error = err.Error()
	}
	d.user.Record(end)
}

// Close tells of those that go on at the end.
func (u *User) Close() {
	for _, d := range u.drains {
		end := record.Drained{Unfinished: true}
		for _, l := range d.pods {
			if !l.done {
				end.Left = append(end.Left, l.left())
			}
		}
		d.recordEnd(end, nil)
	}
}

func (d *drain) say(text string) { d.tell("drain node "+d.Node+": "+text, nil, nil) }

// sayOf tells about a pod, for those who ask about it or its budgets.
func (d *drain) sayOf(p *apiserver.Pod, text string) {
	budgets := d.budgets(p)
	for _, budget := range budgets {
		if !slices.Contains(d.met, budget) {
			d.met = append(d.met, budget)
		}
	}
	d.tell("drain node "+d.Node+": "+text, append([]string{podObject(p)}, budgets...), nil)
}

// budgets are the objects of those that select a pod.
func (d *drain) budgets(p *apiserver.Pod) (objects []string) {
	for _, name := range d.user.BudgetsOf(p) {
		objects = append(objects, "PodDisruptionBudget "+name)
	}
	return objects
}

func (d *drain) tell(text string, objects []string, err error) {
	u := d.user
	step := u.step
	u.step = d.step
	r := u.told(text, append([]string{nodeObject(d.Node)}, objects...), err)
	if u.step = step; err == nil {
		r.Source = "" // the step itself has it
	}
	u.Record(r)
}
