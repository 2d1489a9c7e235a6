package hpa

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/control/internal/seeds"
)

// What a situation's metric is. Values are in thousandths.
const (
	utilization          = iota // of CPU, in percent of the requests of the pods
	containerUtilization        // the same of container c alone
	averageCPU
	averageOfPods // a custom metric of each pod
	ofObject
	ofObjectPerPod
	ofExternal
	ofExternalPerPod
	metricKinds
)

// situation is one metric of an autoscaler, the pods of its target, and some
// syncs 15 s apart. Its parts have fixed sizes, so that any bytes are one.
type situation struct {
	head
	pods   []podRecord
	values []int64 // of the object (the first), or the series of the external metric
	then   []int64 // such a value at each sync after the first
}

type head struct {
	Metric           uint8
	Target           int64
	Least, Most      int32 // spec.minReplicas and maxReplicas
	Current, Running int32 // spec.replicas and status.replicas of the target
	Behavior         bool
	Up, Down         rules
	Zeroed           bool // the last replica was taken away by the autoscaler
	Deaf             bool // there is another metric, of which there are no values
	Pods, Values     uint8
}

// rules are one direction of a behavior.
type rules struct {
	Window    uint16 // seconds
	Tolerance uint16 // thousandths; 0 is that of the flag
	Select    uint8  // 0 Max, 1 Min, 2 Disabled
	Policies  [2]policy
}

// policy allows a change within a period, of Pods or, when that is 0, Percent;
// when both are 0 there is none.
type policy struct {
	Pods, Percent uint32
	Period        uint16
}

// podRecord is one pod of two containers c and d. Times are seconds ago.
type podRecord struct {
	Phase          uint8 // 0 Running, 1 Pending, 2 Failed, 3 Succeeded
	Ready          uint8 // 0 True, 1 False, 2 Unknown, 3 no condition
	Leaving        bool  // deleted, but still there
	Silent         bool  // without values
	Gone           bool  // there are values, but no pod
	Started, Since uint16
	Request        uint32 // of each container; 0 is missing
	Use, Beside    uint32 // of container c, or of the pod; of container d
}

// bytes and situationOf are each other's inverse.
func (s situation) bytes() []byte {
	s.head.Pods, s.head.Values = uint8(len(s.pods)), uint8(len(s.values))
	return seeds.Bytes(s.head, s.pods, s.values, s.then)
}

// situationOf reads what there is; what is missing is zero, and what validation
// would refuse is brought into its bounds.
func situationOf(data []byte) (s situation) {
	r := seeds.Read(data)
	r.Part(&s.head)
	s.pods, s.values = make([]podRecord, s.head.Pods%33), make([]int64, s.head.Values%5)
	r.Part(s.pods)
	r.Part(s.values)
	s.then = make([]int64, min(r.Left()/8, 12))
	r.Part(s.then)
	s.head.Pods, s.head.Values = 0, 0
	s.Metric %= metricKinds
	s.Target = max(1, s.Target)
	if s.Metric <= containerUtilization {
		s.Target = min(s.Target, 10_000)
	}
	s.Least, s.Current, s.Running = max(0, s.Least), max(0, s.Current), max(0, s.Running)
	s.Most = max(1, s.Least, s.Most)
	for _, rule := range []*rules{&s.Up, &s.Down} {
		rule.Window = min(rule.Window, 3600)
		rule.Select %= 3
		for i := range rule.Policies {
			p := &rule.Policies[i]
			p.Pods, p.Percent = p.Pods&math.MaxInt32, p.Percent&math.MaxInt32
			if p.Pods+p.Percent > 0 {
				p.Period = min(max(1, p.Period), 1800)
			}
		}
	}
	for i := range s.pods {
		s.pods[i].Phase %= 4
		s.pods[i].Ready %= 4
	}
	return s
}

// TestAnyBytesAreASituation holds that seeds are played as they are written.
func TestAnyBytesAreASituation(t *testing.T) {
	for _, c := range known {
		again := situationOf(c.bytes())
		require.Equal(t, c.bytes(), again.bytes(), c.name)
	}
	require.NotPanics(t, func() { situationOf(nil).bytes() })
}
