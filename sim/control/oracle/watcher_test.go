package oracle

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// watcher is the body of a watch's answer: events, each some time after its write.
type watcher struct {
	ctx   context.Context
	sel   selection
	delay func() time.Duration

	mu     sync.Mutex
	queue  []line
	more   chan struct{}
	rest   bytes.Reader
	server *server
	of     *collection
}

type line struct {
	at   time.Time
	data []byte
}

// watch begins a watch. With initial the objects there are come first, then a
// bookmark.
func (s *server) watch(ctx context.Context, c *collection, sel selection, initial bool,
	delay func() time.Duration) *watcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &watcher{ctx: ctx, sel: sel, delay: delay, more: make(chan struct{}, 1), server: s, of: c}
	if initial {
		for _, o := range c.selected(sel) {
			w.queue = append(w.queue, line{time.Now(), event(watch.Added, encode(o, c.kind.GroupVersion()))})
		}
		end, err := scheme.Scheme.New(c.kind)
		if err != nil {
			panic(err)
		}
		accessor(end).SetResourceVersion(strconv.FormatInt(s.version, 10))
		accessor(end).SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		w.queue = append(w.queue, line{time.Now(), event(watch.Bookmark, encode(end, c.kind.GroupVersion()))})
		w.more <- struct{}{}
	}
	c.watchers = append(c.watchers, w)
	return w
}

// event encodes the object once, however many watch it. The server is locked.
func (c *change) event(kind watch.EventType, of *collection) []byte {
	if c.encoded == nil {
		c.encoded = encode(c.object(), of.kind.GroupVersion())
	}
	return event(kind, c.encoded)
}

// push queues a write, as this watch's selection sees it.
func (w *watcher) push(c *change) {
	kind := c.kind
	was, is := c.before != nil && w.sel.matches(c.before), c.now != nil && w.sel.matches(c.now)
	switch {
	case !was && !is:
		return
	case !was:
		kind = watch.Added
	case !is:
		kind = watch.Deleted
	}
	w.mu.Lock()
	w.queue = append(w.queue, line{c.at.Add(w.delay()), c.event(kind, w.of)})
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// Read implements io.Reader.
func (w *watcher) Read(to []byte) (int, error) {
	for {
		if w.rest.Len() > 0 {
			return w.rest.Read(to)
		}
		w.mu.Lock()
		var next *line
		if len(w.queue) > 0 {
			next = &w.queue[0]
			w.queue = w.queue[1:]
		}
		w.mu.Unlock()
		if next != nil {
			if d := time.Until(next.at); d > 0 && !w.sleep(d) {
				return 0, io.EOF
			}
			w.rest.Reset(next.data)
			continue
		}
		select {
		case <-w.more:
		case <-w.ctx.Done():
			return 0, io.EOF
		}
	}
}

func (w *watcher) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// Close implements io.Closer.
func (w *watcher) Close() error {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	for i, other := range w.of.watchers {
		if other == w {
			w.of.watchers = append(w.of.watchers[:i:i], w.of.watchers[i+1:]...)
			break
		}
	}
	return nil
}
