//go:build kubeletoracle

package oracle

import (
	"encoding/json"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
)

// server is an API server of pods: it answers the status manager, and tells the
// kubelet what its source of pods would.
type server struct {
	client  *fake.Clientset
	updates chan kubetypes.PodUpdate
	mu      sync.Mutex
	pods    map[string]*v1.Pod // by name
	status  func(*v1.Pod)
	gone    func(pod string)
}

func newServer(status func(*v1.Pod), gone func(pod string)) *server {
	s := &server{client: &fake.Clientset{}, updates: make(chan kubetypes.PodUpdate, 10_000), status: status,
		gone: gone, pods: map[string]*v1.Pod{}}
	s.client.AddReactor("*", "*", s.react)
	return s
}

var noPod = errors.NewNotFound(schema.GroupResource{Resource: "pods"}, "p")

func (s *server) react(action clienttesting.Action) (bool, k8sruntime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch a := action.(type) {
	case clienttesting.PatchAction:
		if pod := s.pods[a.GetName()]; pod != nil {
			return s.patch(pod, a.GetPatch())
		}
		return true, nil, noPod
	case clienttesting.DeleteAction:
		if s.pods[a.GetName()] == nil {
			return true, nil, noPod
		}
		s.remove(a.GetName())
		return true, nil, nil
	case clienttesting.GetAction:
		if pod := s.pods[a.GetName()]; pod != nil {
			return true, pod.DeepCopy(), nil
		}
		return true, nil, noPod
	}
	panic("the kubelet does what nobody expected: " + action.GetVerb() + " " + action.GetResource().Resource)
}

func (s *server) patch(before *v1.Pod, patch []byte) (bool, k8sruntime.Object, error) {
	old, err := json.Marshal(before)
	if err != nil {
		return true, nil, err
	}
	text, err := strategicpatch.StrategicMergePatch(old, patch, &v1.Pod{})
	if err != nil {
		return true, nil, err
	}
	pod := &v1.Pod{}
	if err := json.Unmarshal(text, pod); err != nil {
		return true, nil, err
	}
	s.pods[pod.Name] = pod
	s.status(pod)
	return true, pod.DeepCopy(), nil
}

// remove takes the object away.
func (s *server) remove(name string) {
	old := s.pods[name]
	delete(s.pods, name)
	s.gone(name)
	s.updates <- kubetypes.PodUpdate{Pods: []*v1.Pod{old}, Op: kubetypes.REMOVE, Source: kubetypes.ApiserverSource}
}

// create is the binding of the pod, as its kubelet hears of it.
func (s *server) create(pod *v1.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pods[pod.Name] = pod.DeepCopy()
	s.updates <- kubetypes.PodUpdate{Pods: []*v1.Pod{pod.DeepCopy()}, Op: kubetypes.ADD, Source: kubetypes.ApiserverSource}
}

// delete is a deletion with a grace period. That of a pod that has ended is 0
// (pkg/registry/core/pod/strategy.go, CheckGracefulDelete); then the object is marked,
// and gone (updateForGracefulDeletionAndFinalizers of the API server's store.go).
func (s *server) delete(name string, grace int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pod := s.pods[name]
	if pod == nil {
		return
	}
	if pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed {
		grace = 0
	}
	at := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second))
	pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds = &at, &grace
	s.updates <- kubetypes.PodUpdate{Pods: []*v1.Pod{pod.DeepCopy()}, Op: kubetypes.DELETE,
		Source: kubetypes.ApiserverSource}
	if grace == 0 {
		s.remove(name)
	}
}
