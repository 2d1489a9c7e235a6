package kubelet_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/kubelet/storage"
)

// shelf is a node with a disk of 20Gi, of which 2Gi are the threshold.
type shelf struct{ crowd }

func newShelf(t *testing.T) *shelf {
	s := &shelf{crowd{t: t, loop: sim.NewLoop()}}
	node := &v1.Node{Status: v1.NodeStatus{
		Capacity:    v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("20Gi")},
		Allocatable: v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("18Gi")},
	}}
	s.host = kubelet.NewHost(s.loop, node, kubelet.HostOptions{
		Eviction: kubelet.DefaultEviction(),
		Pressure: func(now sim.Time, kind v1.NodeConditionType, on bool) {
			s.says = append(s.says, fmt.Sprintf("%s %t", kind, on))
		},
	}, newRand())
	return s
}

func (s *shelf) pod(name, request, limit string, priority int32, writes *storage.Writes) *kubelet.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.PodSpec{Priority: &priority,
		RestartPolicy: v1.RestartPolicyAlways, Containers: []v1.Container{{Name: "main"}}}}
	r := &p.Spec.Containers[0].Resources
	if request != "" {
		r.Requests = v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse(request)}
	}
	if limit != "" {
		r.Limits = v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse(limit)}
	}
	return s.host.Run(s.loop.Now(), p, []kubelet.Plan{{Spec: &p.Spec.Containers[0],
		Behaviour: kubelet.Behaviour{Storage: writes}, Random: newRand()}}, noLuck, observer{name, &s.log})
}

func layer(bytes int64) *storage.Writes { return &storage.Writes{Layer: storage.Growth{Base: bytes}} }

// Of what a full disk takes, who uses more than it requests goes first, whatever its
// priority; then the lower priority; then who is furthest above.
func TestEvictionRanksByDisk(t *testing.T) {
	for _, test := range []struct {
		name   string
		pods   func(s *shelf)
		victim string
	}{
		{"over its request before lower priority", func(s *shelf) {
			s.pod("low-but-within", "12Gi", "", 0, layer(11*gi))
			s.pod("high-but-over", "1Gi", "", 1000, layer(8*gi))
		}, "high-but-over"},
		{"lower priority before more", func(s *shelf) {
			s.pod("high", "1Gi", "", 1000, layer(15*gi))
			s.pod("low", "1Gi", "", 0, layer(4*gi))
		}, "low"},
		{"most above the request", func(s *shelf) {
			s.pod("more", "10Gi", "", 0, layer(12*gi))
			s.pod("further", "1Gi", "", 0, layer(7*gi))
		}, "further"},
		{"the disk just as full as it may be", func(s *shelf) {
			s.pod("a", "", "", 0, layer(12*gi))
			s.pod("b", "", "", 0, layer(6*gi-32)) // 10 % of the kubelet is a float32
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShelf(t)
			test.pods(s)
			log := s.run(time.Minute)
			if test.victim == "" {
				require.NotContains(t, log, "evicted")
				require.Empty(t, s.says)
				return
			}
			require.Equal(t, 1, strings.Count(log, "evicted: "), log)
			require.Contains(t, log, test.victim+" evicted: The node was low on resource: ephemeral-storage. "+
				"Threshold quantity: 2147483680, available: 1Gi. Container main was using ", log)
			require.Equal(t, []string{"DiskPressure true"}, s.says)
			require.NotEmpty(t, s.host.Refuses(false))
			require.Empty(t, s.host.Refuses(true), "critical pods are taken")
			s.run(7 * time.Minute)
			require.Equal(t, []string{"DiskPressure true", "DiskPressure false"}, s.says)
			require.Empty(t, s.host.Refuses(false))
		})
	}
}

// All pods that exceed a limit of theirs go at one look, one after the other, and the
// node is under no pressure.
func TestEvictionAtLimits(t *testing.T) {
	s := newShelf(t)
	s.pod("a", "", "1Gi", 0, layer(2*gi))
	s.pod("b", "", "1Gi", 0, layer(gi))
	s.pod("c", "", "1Gi", 5, layer(gi+1))
	log := s.run(10*time.Second + 500*time.Millisecond)
	require.Contains(t, log, "a evicted: Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ")
	require.Contains(t, log, "c evicted: ")
	require.NotContains(t, log+s.run(time.Minute), "b evicted")
	require.Empty(t, s.says)
}

// A critical pod stays, whatever it writes.
func TestCriticalPodsStay(t *testing.T) {
	s := newShelf(t)
	s.pod("a", "", "1Gi", 2_000_000_000, layer(19*gi))
	require.NotContains(t, s.run(time.Minute), "evicted")
	require.NoError(t, s.loop.RunUntil(context.Background(), sim.Time(2*time.Minute)))
}
