package statefulset

import (
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// decider is Sync, or something that claims to be.
type decider func(View, time.Time) ([]Action, error)

// counter is a clock without a bubble.
type counter struct {
	at     time.Time
	timers []timer
}

type timer struct {
	at   time.Time
	fire func()
}

func (c *counter) now() time.Time { return c.at }
func (c *counter) after(d time.Duration, fire func()) {
	c.timers = append(c.timers, timer{c.at.Add(d), fire})
}

// next moves on to the first timer until the end, and takes it.
func (c *counter) next(end time.Time) (func(), bool) {
	first := -1
	for i, t := range c.timers {
		if !t.at.After(end) && (first < 0 || t.at.Before(c.timers[first].at)) {
			first = i
		}
	}
	if first < 0 {
		c.at = end
		return nil, false
	}
	t := c.timers[first]
	c.timers = append(c.timers[:first:first], c.timers[first+1:]...)
	c.at = t.at
	return t.fire, true
}

// driven is a world in which a decider is the controller, with no latency.
type driven struct {
	*world
	counter *counter
	decide  decider
	dirty   bool
	events  []Event
	syncs   int
}

func newDriven(seed uint64, decide decider) *driven {
	c := &counter{at: epoch}
	d := &driven{world: newWorld(seed, c), counter: c, decide: decide}
	d.changed = func(resource string, _ watch.EventType, _ object) {
		d.dirty = d.dirty || resource == setsResource || resource == podsResource
	}
	return d
}

// run plays until some time after the epoch.
func (d *driven) run(until time.Duration) error {
	if err := d.settle(); err != nil {
		return err
	}
	for {
		fire, ok := d.counter.next(epoch.Add(until))
		if !ok {
			return nil
		}
		fire()
		if err := d.settle(); err != nil {
			return err
		}
	}
}

func (d *driven) view() View {
	return View{
		StatefulSet: d.set(),
		Revisions:   list[*apps.ControllerRevision](d.store, revisionsResource),
		Pods:        list[*v1.Pod](d.store, podsResource),
		Claims:      list[*v1.PersistentVolumeClaim](d.store, claimsResource),
	}
}

func (d *driven) settle() error {
	for i := 0; d.dirty; i++ {
		if i > 100 {
			return fmt.Errorf("%s: the controller doesn't settle", d.clock.now().Sub(epoch))
		}
		d.dirty = false
		d.syncs++
		actions, err := d.decide(d.view(), d.clock.now())
		if err != nil {
			return err
		}
		for _, a := range actions {
			if err := d.perform(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *driven) perform(action Action) error {
	var err error
	switch a := action.(type) {
	case CreateRevision:
		_, err = d.create(revisionsResource, a.Revision)
	case UpdateRevision:
		_, err = d.update(revisionsResource, a.Revision, false)
	case DeleteRevision:
		err = d.delete(revisionsResource, a.Revision.Name)
	case CreateClaim:
		_, err = d.create(claimsResource, a.Claim)
	case UpdateClaim:
		_, err = d.update(claimsResource, a.Claim, false)
	case CreatePod:
		_, err = d.create(podsResource, a.Pod)
	case UpdatePod:
		_, err = d.update(podsResource, a.Pod, false)
	case DeletePod:
		err = d.delete(podsResource, a.Pod.Name)
	case UpdateStatus:
		set := a.StatefulSet.DeepCopy()
		set.Status = a.Status
		_, err = d.update(setsResource, set, true)
	case RequeueAfter:
		d.clock.after(a.After, func() { d.dirty = true })
	case Event:
		d.events = append(d.events, a)
	}
	return err
}
