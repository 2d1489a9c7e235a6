package quota

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

type sink []record.Record

func (s *sink) Write(r record.Record) error {
	*s = append(*s, r)
	return nil
}

// A quota of the start holds at once, one that comes later from its first sync on.
// What is deleted is counted no more, a little later.
func TestQuotas(t *testing.T) {
	loop, records := sim.NewLoop(), &sink{}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := apiserver.New(record.NewJournal(loop, sim.NewStreams(1, 0), 0, start, records), kinds.Builtin())
	require.NoError(t, err)
	c := New(&manager.Parts{Store: s, Server: manager.NewServer(loop, manager.DefaultConfig())}, 5, 20*time.Millisecond, 0)
	s.Watch(c)
	s.WatchPods(c)
	create := func(o kinds.Object) { require.NoError(t, s.Create(o, apiserver.Request{})) }
	quota := func(name string) *v1.ResourceQuota {
		return &v1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
			Spec:       v1.ResourceQuotaSpec{Hard: v1.ResourceList{v1.ResourceServices: resource.MustParse("3")}},
		}
	}
	used := func(name string) int64 {
		q := s.Admission.Quota("default", name).Status.Used[v1.ResourceServices]
		return q.Value()
	}
	hard := func(name string) int { return len(s.Admission.Quota("default", name).Status.Hard) }
	create(quota("first"))
	require.Equal(t, 1, hard("first"))
	service := &v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "s"}}
	create(service)
	require.Equal(t, int64(1), used("first"))

	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Second)))
	create(quota("second"))
	require.Equal(t, 0, hard("second"))
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(2*time.Second)))
	require.Equal(t, int64(1), used("second"))

	s.Delete(service, record.Deleted)
	require.Equal(t, int64(1), used("first"))
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(3*time.Second)))
	require.Equal(t, []int64{0, 0}, []int64{used("first"), used("second")})

	*records = nil
	c.Close(loop.Now())
	require.Len(t, *records, 2)
	usage := (*records)[0].(record.QuotaUsage)
	require.Equal(t, []record.QuotaResource{{Resource: "services", Used: 0, Peak: 1, Hard: 3}}, usage.Resources)
	require.NoError(t, s.Err())
}
