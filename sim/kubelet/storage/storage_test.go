package storage

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/sim"
)

const (
	mi = 1 << 20
	gi = 1 << 30
)

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func disk(capacity, allocatable string) (*Disk, *int) {
	told := 0
	node := &v1.Node{Status: v1.NodeStatus{
		Capacity:    v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse(capacity)},
		Allocatable: v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse(allocatable)},
	}}
	return NewDisk(node, func(capacity int64) int64 { return capacity / 10 }, sim.Time(3*time.Second),
		func(sim.Time) { told++ }), &told
}

// pod has two containers, of which the first has a limit of its own, and a volume.
func pod() *v1.Pod {
	size := resource.MustParse("1Gi")
	limits := v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("500Mi")}
	return &v1.Pod{Spec: v1.PodSpec{
		Containers: []v1.Container{{Name: "a", Resources: v1.ResourceRequirements{Limits: limits}}, {Name: "b"}},
		Volumes: []v1.Volume{{Name: "work", VolumeSource: v1.VolumeSource{
			EmptyDir: &v1.EmptyDirVolumeSource{SizeLimit: &size}}}},
	}}
}

func at(d time.Duration) sim.Time { return sim.Time(d) }

// A pod that writes nothing has no part of the disk.
func TestNothingIsWritten(t *testing.T) {
	d, told := disk("100Gi", "90Gi")
	p := d.NewPod(0, pod(), []*Writes{nil, {}}, random)
	require.Nil(t, p)
	p.Container(0).Begin(0)
	p.Container(1).Served(0, 5)
	require.Zero(t, p.Used(0))
	require.Nil(t, p.Exceeds(at(time.Hour)))
	p.Leave()
	require.Equal(t, sim.Never, d.Due())
	require.Zero(t, *told)
}

// Logs are rotated: they grow to 50Mi and no further, over all lives of the container.
func TestLogsAreRotated(t *testing.T) {
	d, _ := disk("100Gi", "90Gi")
	p := d.NewPod(0, pod(), []*Writes{nil, {Logs: Growth{PerSecond: mi}}}, random)
	c := p.Container(1)
	c.Begin(0)
	require.InDelta(t, 49*mi, c.Used(at(49*time.Second)), 1)
	require.InDelta(t, 50*mi, c.Used(at(time.Hour)), 1)
	c.End(at(time.Hour))
	c.Begin(at(time.Hour))
	require.InDelta(t, 50*mi, c.Used(at(2*time.Hour)), 1)
	require.Equal(t, sim.Never, d.Due(), "logs alone never fill it")
}

// A writable layer is that of one life, and is seen every ten seconds.
func TestALayerBeginsAnew(t *testing.T) {
	d, _ := disk("100Gi", "90Gi")
	p := d.NewPod(0, pod(), []*Writes{nil, {Layer: Growth{Base: 10 * mi, PerSecond: mi}}}, random)
	c := p.Container(1)
	c.Begin(0)
	require.Zero(t, c.Used(at(2*time.Second)), "nobody has looked yet")
	require.InDelta(t, 13*mi, c.Used(at(12*time.Second)), 1, "of 3 s")
	require.InDelta(t, 23*mi, c.Used(at(13*time.Second)), 1)
	c.End(at(14 * time.Second))
	c.Begin(at(15 * time.Second))
	require.Zero(t, c.Used(at(16*time.Second)))
	require.InDelta(t, 18*mi, c.Used(at(23*time.Second)), 1)
}

// Each limit is found in its turn, when the statistics have it, and not while they have
// just as much.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name    string
		writes  []*Writes
		exceeds *Exceeded
	}{
		{"the volume just at its limit", []*Writes{nil, {EmptyDirs: []Volume{{"work", Growth{Base: gi - 500*mi}}}}}, nil},
		{"the volume", []*Writes{nil, {EmptyDirs: []Volume{{"work", Growth{Base: gi + 1}}}}}, &Exceeded{Kind: SizeLimit,
			Of: "work", Bytes: gi, Used: gi + 1, Message: `Usage of EmptyDir volume "work" exceeds the limit "1Gi". `}},
		{"the pod, for what a container without limit writes", []*Writes{nil, {Layer: Growth{Base: 500*mi + 1}}},
			&Exceeded{Kind: PodLimit, Bytes: 500 * mi, Used: 500*mi + 1,
				Message: "Pod ephemeral local storage usage exceeds the total limit of containers 500Mi. "}},
		{"the pod before its container", []*Writes{{Layer: Growth{Base: 501 * mi}}, nil}, &Exceeded{Kind: PodLimit,
			Bytes: 500 * mi, Used: 501 * mi,
			Message: "Pod ephemeral local storage usage exceeds the total limit of containers 500Mi. "}},
		{"layer and logs just at the limit", []*Writes{{Layer: Growth{Base: 450 * mi}, Logs: Growth{Base: 80 * mi}}, nil}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := disk("100Gi", "90Gi")
			spec := pod()
			if test.exceeds == nil && test.writes[0] == nil {
				spec.Spec.Containers[0].Resources = v1.ResourceRequirements{}
			}
			p := d.NewPod(0, spec, test.writes, random)
			for i := range spec.Spec.Containers {
				p.Container(i).Begin(0)
			}
			require.Equal(t, test.exceeds, p.Exceeds(at(5*time.Minute)))
		})
	}
}

// A container's own limit counts where the pod's, the sum, still holds.
func TestTheLimitOfAContainer(t *testing.T) {
	d, _ := disk("100Gi", "90Gi")
	spec := pod()
	spec.Spec.Containers[1].Resources = spec.Spec.Containers[0].Resources
	p := d.NewPod(0, spec, []*Writes{{Layer: Growth{Base: 600 * mi}}, nil}, random)
	p.Container(0).Begin(0)
	e := p.Exceeds(at(time.Minute))
	require.Equal(t, ContainerLimit, e.Kind)
	require.Equal(t, `Container a exceeded its local ephemeral storage limit "500Mi". `, e.Message)
}

// Volumes are measured a minute or two after another: what exceeds a limit is found late.
func TestVolumesAreMeasuredLate(t *testing.T) {
	d, _ := disk("100Gi", "90Gi")
	p := d.NewPod(0, pod(), []*Writes{nil, {EmptyDirs: []Volume{{"work", Growth{PerSecond: mi}}}}}, random)
	p.spec.Spec.Containers[0].Resources = v1.ResourceRequirements{}
	p.limits = limitsOf(p)
	p.Container(1).Begin(0)
	reached := 1024 * time.Second
	due := d.Due()
	assert.LessOrEqual(t, due, at(reached))
	assert.Greater(t, due, at(reached-30*time.Second))
	found := time.Duration(0)
	for now := time.Duration(0); found == 0; now += 10 * time.Second {
		if p.Exceeds(at(now)) != nil {
			found = now
		}
	}
	assert.Greater(t, found, reached)
	assert.Less(t, found, reached+130*time.Second)
}

// Requests write, and the time at which something is due comes nearer.
func TestRequestsWrite(t *testing.T) {
	d, told := disk("100Gi", "90Gi")
	p := d.NewPod(0, pod(), []*Writes{{Layer: Growth{PerRequest: mi}}, nil}, random)
	c := p.Container(0)
	c.Begin(0)
	require.Equal(t, sim.Never, d.Due())
	before := *told
	for served := int64(1); served <= 510; served++ {
		c.Served(at(time.Second), served)
	}
	require.LessOrEqual(t, d.Due(), at(time.Second))
	require.Greater(t, *told, before)
	require.Less(t, *told, before+200, "not each request is told")
	require.Equal(t, PodLimit, p.Exceeds(at(20*time.Second)).Kind)
}

// The disk is short when pods have written what allocatable is, and not when they have
// written just that.
func TestTheDiskIsShort(t *testing.T) {
	d, _ := disk("100Gi", "80Gi") // 10Gi are the threshold, 10Gi the system's
	spec := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{{Name: "a"}}}}
	p := d.NewPod(0, spec, []*Writes{{Layer: Growth{Base: 80 * gi}}}, random)
	p.Container(0).Begin(0)
	require.False(t, d.Short(0))
	require.InDelta(t, 10*gi, d.Available(0), 1)
	other := d.NewPod(0, spec, []*Writes{{Layer: Growth{PerSecond: 1}}}, random)
	other.Container(0).Begin(0)
	require.False(t, d.Short(0))
	require.True(t, d.Short(at(time.Second)))
	other.Leave()
	require.False(t, d.Short(at(time.Second)))
}

// The time at which lines reach a level is that of a slow twin, which looks each second.
func TestReaches(t *testing.T) {
	r := random()
	for range 300 {
		var lines []*line
		for range 1 + r.IntN(4) {
			l := &line{bytes: r.Float64() * 50, perSecond: r.Float64() * 3}
			if r.IntN(2) == 0 {
				l.most = l.bytes + r.Float64()*100
			}
			lines = append(lines, l)
		}
		level := r.Float64() * 500
		twin := sim.Never
		for s := range 2000 {
			if sum(lines, at(time.Duration(s)*time.Second)) >= level {
				twin = at(time.Duration(s) * time.Second)
				break
			}
		}
		got := reaches(lines, 0, level)
		if twin == sim.Never {
			require.Greater(t, got, at(1999*time.Second))
			continue
		}
		require.LessOrEqual(t, got, twin)
		require.Greater(t, got, twin-at(time.Second)-1)
	}
}
