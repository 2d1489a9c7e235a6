package nodelifecycle

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	coordv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// world is an API server and the watches on it, which see a change a moment
// later. Objects keep whole seconds, as they do in the real one.
type world struct {
	mu      sync.Mutex
	now     func() time.Time
	after   func(time.Duration, func())
	deliver func(before, after runtime.Object) // what a watch says; nil for none

	start   time.Time
	version int
	objects map[string]runtime.Object
	cache   map[string]runtime.Object // as the watches have seen it
	dirty   map[string]bool
	alive   map[string]bool // nodes whose kubelet works
	writes  map[string][2]string
	events  []string
}

func newWorld() *world {
	return &world{objects: map[string]runtime.Object{}, cache: map[string]runtime.Object{}, dirty: map[string]bool{},
		alive: map[string]bool{}, writes: map[string][2]string{}}
}

func keyOf(o runtime.Object) string {
	m, err := meta.Accessor(o)
	if err != nil {
		panic(err)
	}
	return strings.ToLower(reflect.TypeOf(o).Elem().Name()) + "/" + m.GetName()
}

// lag is how late a watch is. It differs from second to second, so that what
// is due whole seconds after a change doesn't race with another change.
func (w *world) lag() time.Duration {
	return time.Millisecond + time.Duration(int64(w.now().Sub(w.start).Seconds())%997)*time.Microsecond
}

// put stores an object; byController says that it goes to the log.
func (w *world) put(o runtime.Object, byController bool) runtime.Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := keyOf(o)
	before := w.objects[key]
	w.version++
	fresh := reflect.New(reflect.TypeOf(o).Elem()).Interface().(runtime.Object)
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, fresh)
	}
	if err != nil {
		panic(err)
	}
	m, _ := meta.Accessor(fresh)
	m.SetResourceVersion(fmt.Sprint(w.version))
	if m.GetUID() == "" {
		panic("an object without UID")
	}
	w.objects[key] = fresh
	if byController {
		w.note(key, before, fresh)
	}
	w.touch(key)
	return fresh.DeepCopyObject()
}

func (w *world) remove(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.objects, key)
	w.touch(key)
}

func (w *world) get(key string) runtime.Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.objects[key]; o != nil {
		return o.DeepCopyObject()
	}
	return nil
}

func (w *world) node(name string) *v1.Node { o, _ := w.get("node/" + name).(*v1.Node); return o }

func (w *world) pod(name string) *v1.Pod { o, _ := w.get("pod/" + name).(*v1.Pod); return o }

func (w *world) touch(key string) {
	if w.dirty[key] {
		return
	}
	w.dirty[key] = true
	w.after(w.lag(), func() {
		w.mu.Lock()
		delete(w.dirty, key)
		before, after := w.cache[key], w.objects[key]
		if after == nil {
			delete(w.cache, key)
		} else {
			w.cache[key] = after
		}
		w.mu.Unlock()
		if before != nil || after != nil {
			w.deliver(before, after)
		}
	})
}

// deletePod is a graceful deletion, which a working kubelet completes.
func (w *world) deletePod(name string) {
	p := w.pod(name)
	if p == nil || p.DeletionTimestamp != nil {
		return
	}
	p.DeletionTimestamp = &metav1.Time{Time: w.now()}
	w.put(p, true)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.alive[p.Spec.NodeName] {
		w.after(2*time.Second, func() { w.remove("pod/" + name) })
	}
}

// note keeps, for one object and instant, what it was before and what it became.
func (w *world) note(key string, before, after runtime.Object) {
	at := fmt.Sprintf("%12.6f %s", w.now().Sub(w.start).Seconds(), key)
	first, known := w.writes[at]
	if !known {
		first[0] = show(before)
	}
	first[1] = show(after)
	w.writes[at] = first
}

func (w *world) event(kind, namespace, name, eventType, reason, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, fmt.Sprintf("%12.6f event %s %s/%s %s %s %s", w.now().Sub(w.start).Seconds(), kind,
		namespace, name, eventType, reason, message))
}

// log is what the controllers wrote and told. Two writes of an instant are one.
func (w *world) log() []string {
	list := slices.Clone(w.events)
	for _, at := range slices.Sorted(maps.Keys(w.writes)) {
		if change := w.writes[at]; change[0] != change[1] {
			list = append(list, at+" "+change[1])
		}
	}
	slices.Sort(list)
	return list
}

// show is what controllers write of an object.
func show(o runtime.Object) string {
	var part any
	switch o := o.(type) {
	case *v1.Node:
		part = []any{o.Spec.Taints, o.Status.Conditions}
	case *v1.Pod:
		part = []any{o.DeletionTimestamp, o.Status.Conditions}
	}
	text, err := json.Marshal(part)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// The views of our controllers come from the cache.

func cached[T runtime.Object](w *world, keep func(T) bool) (list []T) {
	for _, key := range slices.Sorted(maps.Keys(w.cache)) {
		if o, ok := w.cache[key].(T); ok && keep(o) {
			list = append(list, o)
		}
	}
	return list
}

func (w *world) view() View {
	return View{
		Nodes: cached(w, func(*v1.Node) bool { return true }),
		Lease: func(node string) *coordv1.Lease { l, _ := w.cache["lease/"+node].(*coordv1.Lease); return l },
		PodsOn: func(node string) []*v1.Pod {
			return cached(w, func(p *v1.Pod) bool { return p.Spec.NodeName == node })
		},
	}
}
