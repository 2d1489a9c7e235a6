package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
)

// wire is the way of one client to the server: an http.RoundTripper that takes
// some time for a write, until it is made and until it is answered, and some
// until a watch tells of one.
type wire struct {
	server       *server
	write, watch time.Duration
	noise        *noise
}

func (w wire) delay() time.Duration { return w.noise.of(w.watch) }

// RoundTrip implements http.RoundTripper.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	p, err := w.server.place(r.URL.Path)
	var body any
	var code int
	if err == nil {
		body, code, err = w.serve(r, p)
	}
	if err != nil {
		var status apierrors.APIStatus
		if !errors.As(err, &status) {
			status = apierrors.NewInternalError(err)
		}
		s := status.Status()
		return answer(r, int(s.Code), encode(&s, v1.SchemeGroupVersion)), nil
	}
	if stream, is := body.(io.ReadCloser); is {
		return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {contentType + ";stream=watch"}},
			Body: stream, Request: r}, nil
	}
	version := v1.SchemeGroupVersion
	if _, is := body.(*metav1.Status); !is {
		version = p.collection.kind.GroupVersion()
	}
	return answer(r, code, encode(body.(runtime.Object), version)), nil
}

func answer(r *http.Request, code int, data []byte) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader(data)), Request: r}
}

// place is what the path of a request names.
type place struct {
	collection                   *collection
	namespace, name, subresource string
}

func (s *server) place(path string) (p place, err error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var group, version string
	switch {
	case len(parts) > 2 && parts[0] == "api":
		version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		group, version, parts = parts[1], parts[2], parts[3:]
	default:
		return p, apierrors.NewNotFound(schema.GroupResource{}, path)
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		p.namespace, parts = parts[1], parts[2:]
	}
	if p.collection, err = s.of(group, version, parts[0]); err != nil {
		return p, err
	}
	if len(parts) > 1 {
		p.name = parts[1]
	}
	if len(parts) > 2 {
		p.subresource = parts[2]
	}
	return p, nil
}

func (w wire) serve(r *http.Request, p place) (any, int, error) {
	s := w.server
	if p.collection.kind.Kind == "Event" {
		time.Sleep(max(w.write, callTime))
		return &v1.Event{}, http.StatusCreated, nil // told to nobody
	}
	var data []byte
	if r.Body != nil {
		var err error
		if data, err = io.ReadAll(r.Body); err != nil {
			return nil, 0, err
		}
	}
	if r.Method != http.MethodGet && w.write > 0 {
		write := w.write
		if p.subresource == "binding" {
			write = latencies.Scheduler - watchTime - cycleTime
		}
		time.Sleep(w.noise.of(write) + p.turn(r.Method, data))
		defer time.Sleep(w.noise.of(callTime - write))
	}
	switch r.Method {
	case http.MethodGet:
		return w.read(r, p)
	case http.MethodPost:
		return s.post(p, data)
	case http.MethodPut:
		o, err := p.collection.decoded(data)
		if err != nil {
			return nil, 0, err
		}
		o, err = s.update(p.collection, p.subresource, o)
		return o, http.StatusOK, err
	case http.MethodPatch:
		o, err := s.patch(p, types.PatchType(r.Header.Get("Content-Type")), data)
		return o, http.StatusOK, err
	case http.MethodDelete:
		var options metav1.DeleteOptions
		if len(data) > 0 {
			if err := decode(data, &options); err != nil {
				return nil, 0, err
			}
		}
		o, err := s.remove(p.collection, p.namespace, p.name, &options)
		return o, http.StatusOK, err
	}
	return nil, 0, fmt.Errorf("%s %s", r.Method, r.URL)
}

// turn keeps the pods of a StatefulSet in the order of their numbers that its
// controller makes side by side: which comes first is chance.
func (p place) turn(method string, data []byte) time.Duration {
	if method != http.MethodPost || p.subresource != "" || p.collection.kind.Kind != "Pod" {
		return 0
	}
	var pod v1.Pod
	if decode(data, &pod) != nil {
		return 0
	}
	n, _ := strconv.Atoi(pod.Labels[apps.PodIndexLabel]) // 0 for others
	return time.Duration(n%100) * 10 * time.Microsecond
}

// read answers a get, a list or a watch.
func (w wire) read(r *http.Request, p place) (any, int, error) {
	if p.name != "" {
		time.Sleep(time.Millisecond) // so that all who ask at once ask first, and then go on
		o, err := w.server.get(p.collection, p.namespace, p.name)
		return o, http.StatusOK, err
	}
	q := r.URL.Query()
	sel, err := newSelection(p.namespace, &metav1.ListOptions{LabelSelector: q.Get("labelSelector"),
		FieldSelector: q.Get("fieldSelector")})
	if err != nil {
		return nil, 0, apierrors.NewBadRequest(err.Error())
	}
	if watching, _ := strconv.ParseBool(q.Get("watch")); watching {
		initial, _ := strconv.ParseBool(q.Get("sendInitialEvents"))
		return w.server.watch(r.Context(), p.collection, sel, initial, w.delay), http.StatusOK, nil
	}
	objects, version := w.server.list(p.collection, sel)
	list, err := scheme.Scheme.New(p.collection.kind.GroupVersion().WithKind(p.collection.kind.Kind + "List"))
	if err != nil {
		return nil, 0, err
	}
	list.GetObjectKind().SetGroupVersionKind(p.collection.kind.GroupVersion().WithKind(p.collection.kind.Kind + "List"))
	if err := meta.SetList(list, objects); err != nil {
		return nil, 0, err
	}
	m, err := meta.ListAccessor(list)
	if err != nil {
		return nil, 0, err
	}
	m.SetResourceVersion(strconv.FormatInt(version, 10))
	return list, http.StatusOK, nil
}

func (s *server) post(p place, data []byte) (any, int, error) {
	switch p.subresource {
	case "binding":
		var b v1.Binding
		if err := decode(data, &b); err != nil {
			return nil, 0, err
		}
		return &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess},
			http.StatusCreated, s.bind(p.namespace, p.name, &b)
	case "eviction":
		return &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess},
			http.StatusCreated, s.evict(p.namespace, p.name)
	}
	o, err := p.collection.decoded(data)
	if err != nil {
		return nil, 0, err
	}
	if p.namespace != "" {
		accessor(o).SetNamespace(p.namespace)
	}
	o, err = s.create(o)
	return o, http.StatusCreated, err
}

// patch applies a patch to the object as it is.
func (s *server) patch(p place, kind types.PatchType, data []byte) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, err := s.getLocked(p.collection, p.namespace, p.name)
	if err != nil {
		return nil, err
	}
	old, err := json.Marshal(before)
	if err != nil {
		return nil, err
	}
	var merged []byte
	switch kind {
	case types.StrategicMergePatchType:
		merged, err = strategicpatch.StrategicMergePatch(old, data, before)
	case types.MergePatchType:
		merged, err = jsonpatch.MergePatch(old, data)
	default:
		err = fmt.Errorf("patches of type %s are not understood", kind)
	}
	if err != nil {
		return nil, err
	}
	o, err := p.collection.decoded(merged)
	if err != nil {
		return nil, err
	}
	return s.updateLocked(p.collection, p.subresource, o)
}
