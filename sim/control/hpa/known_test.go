package hpa

import (
	"math"
	"slices"
)

// seed is a situation whose outcome is known: the sizes of the target after each
// sync. The situations that Kubernetes tests its own controller with
// (pkg/controller/podautoscaler, replica_calculator_test.go and
// horizontal_test.go) are among them.
type seed struct {
	name string
	situation
	want []int32
}

// at is a metric of pods that may be followed at once and without bounds, which
// shows what is asked for.
func at(metric uint8, target int64, current int32, pods ...podRecord) situation {
	return situation{head: head{
		Metric: metric, Target: target, Least: 1, Most: math.MaxInt32, Current: current, Running: current, Behavior: true,
		Up:   rules{Policies: [2]policy{{Pods: math.MaxInt32 - uint32(current), Period: 15}}},
		Down: rules{Policies: [2]policy{{Percent: 100, Period: 15}}},
	}, pods: pods}
}

// one is such a metric of an object, or an external one.
func one(metric uint8, target int64, current int32, values ...int64) situation {
	s := at(metric, target, current, using(make([]uint32, current)...)...)
	s.values = values
	return s
}

// within bounds the size.
func (s situation) within(least, most int32) situation {
	s.Least, s.Most = least, most
	return s
}

// plain is without a behavior.
func (s situation) plain() situation {
	s.Behavior, s.Up, s.Down = false, rules{}, rules{}
	return s
}

func (s situation) up(r rules) situation { s.Up = r; return s }

func (s situation) down(r rules) situation { s.Down = r; return s }

func (s situation) tolerating(down, up uint16) situation {
	s.Down.Tolerance, s.Up.Tolerance = down, up
	return s
}

// alter changes pods, all that there are when none is named.
func (s situation) alter(change func(*podRecord), which ...int) situation {
	s.pods = slices.Clone(s.pods)
	for i := range s.pods {
		if len(which) == 0 || slices.Contains(which, i) {
			change(&s.pods[i])
		}
	}
	return s
}

// using are pods of two containers that request 1 CPU and use so much each; they
// are Ready for long.
func using(milli ...uint32) []podRecord {
	list := make([]podRecord, len(milli))
	for i, use := range milli {
		list[i] = podRecord{Started: 3600, Since: 3000, Request: 1000, Use: use, Beside: use}
	}
	return list
}

func unready(p *podRecord) { p.Ready, p.Since = 1, p.Started }
func started(p *podRecord) { p.Started, p.Since = 20, 10 }
func waiting(p *podRecord) { p.Phase, p.Ready, p.Silent = 1, 1, true }
func failedPod(p *podRecord) {
	p.Phase, p.Ready, p.Silent = 2, 1, true
}
func leaving(p *podRecord) { p.Leaving, p.Ready, p.Silent = true, 1, true }
func silent(p *podRecord)  { p.Silent = true }
func gone(p *podRecord)    { p.Gone = true }

// beside is what the other container uses.
func beside(milli uint32) func(*podRecord) { return func(p *podRecord) { p.Beside = milli } }

// requests give each pod a request of its own.
func (s situation) requesting(milli ...uint32) situation {
	s.pods = slices.Clone(s.pods)
	for i := range s.pods {
		s.pods[i].Request = milli[i]
	}
	return s
}

// asking is an external metric of which each pod takes one, and of which there
// is so much at each sync.
func asking(from int32, much ...int64) situation {
	s := at(ofExternalPerPod, 1000, from).tolerating(1, 1)
	for i, n := range much {
		if i == 0 {
			s.values = []int64{n * 1000}
			continue
		}
		s.then = append(s.then, n*1000)
	}
	return s
}

// by are policies of so many pods and so many percent, 0 for none. They tolerate
// no more than a thousandth.
func by(pods uint32, period uint16, percent uint32, percentPeriod uint16) rules {
	r := rules{Tolerance: 1}
	if pods > 0 {
		r.Policies[0] = policy{Pods: pods, Period: period}
	}
	if percent > 0 {
		r.Policies[1] = policy{Percent: percent, Period: percentPeriod}
	}
	return r
}

var (
	climb = using(300, 500, 700)
	calm  = using(100, 300, 500, 250, 250)
	mixed = []uint32{900, 1000, 1100}
)

// known are the seeds.
var known = slices.Concat(knownPods, knownTotals, knownBounds, knownRates)

var knownPods = []seed{
	{"busy pods", at(utilization, 30, 3, climb...), []int32{5}},
	{"one busy container of two", at(containerUtilization, 30, 3, climb...).alter(beside(1000)), []int32{5}},
	{"a pod that is not ready counts as idle when it grows", at(utilization, 30, 3, climb...).alter(unready, 0),
		[]int32{4}},
	{"a pod that is warming up counts as idle when it grows", at(utilization, 30, 3, climb...).alter(started, 0),
		[]int32{4}},
	{"so does a container that is warming up", at(containerUtilization, 30, 3, climb...).alter(beside(0)).alter(started,
		0), []int32{4}},
	{"what is not ready turns growth into none", at(utilization, 30, 3, using(400, 500, 700)...).alter(unready, 1, 2),
		[]int32{3}},
	{"so does what is warming up", at(utilization, 30, 3, using(400, 500, 700)...).alter(unready, 1, 2).alter(started, 1,
		2), []int32{3}},
	{"failed pods are left out of growth", at(utilization, 30, 2, using(500, 700, 0, 0)...).alter(failedPod, 2, 3),
		[]int32{4}},
	{"failed containers are left out of growth", at(containerUtilization, 30, 2, using(500, 700, 0, 0)...).alter(
		beside(9000)).alter(failedPod, 2, 3), []int32{4}},
	{"deleted pods are left out of growth", at(utilization, 30, 2, using(500, 700, 0, 0)...).alter(leaving, 2, 3),
		[]int32{4}},
	{"calm pods", at(utilization, 50, 5, calm...), []int32{3}},
	{"one calm container of two", at(containerUtilization, 50, 5, calm...).alter(beside(1000)), []int32{3}},
	{"pods that are not ready don't keep it large", at(utilization, 50, 5, calm...).alter(unready, 3, 4), []int32{2}},
	{"pods that wait for a node don't keep it large", at(utilization, 50, 5, using(100, 0, 0, 0, 0)...).alter(waiting, 1,
		2, 3, 4), []int32{1}},
	{"pods that warm up don't keep it large", at(utilization, 50, 5, calm...).alter(started, 3, 4), []int32{2}},
	{"busy containers that warm up don't keep it large",
		at(containerUtilization, 50, 5, using(100, 300, 500, 1000, 1000)...).alter(started, 3, 4), []int32{2}},
	{"failed pods are left out of shrinking", at(utilization, 50, 5, append(slices.Clone(calm), using(0, 0)...)...).alter(
		failedPod, 5, 6), []int32{3}},
	{"deleted pods are left out of shrinking", at(utilization, 50, 5, append(slices.Clone(calm), using(0, 0)...)...).alter(
		leaving, 5, 6), []int32{3}},
	{"within the tolerance", at(utilization, 100, 3, using(1010, 1030, 1020)...).requesting(mixed...), []int32{3}},
	{"just beyond a tolerance of a thousandth", at(utilization, 100, 3, using(909, 1010, 1111)...).requesting(
		mixed...).tolerating(1, 1), []int32{4}},
	{"within a tolerance of 200 % upwards", at(utilization, 100, 3, using(1890, 1910, 1900)...).requesting(
		mixed...).tolerating(0, 2000), []int32{3}},
	{"beyond 8 % upwards, whatever downwards", at(utilization, 100, 3, using(1100, 1080, 1090)...).requesting(
		mixed...).tolerating(2000, 80), []int32{4}},
	{"within 36 % downwards", at(utilization, 100, 3, using(660, 640, 650)...).requesting(mixed...).tolerating(360, 0),
		[]int32{3}},
	{"beyond 34 % downwards", at(utilization, 100, 3, using(660, 640, 650)...).requesting(mixed...).tolerating(340, 0),
		[]int32{2}},
	{"values of pods that are gone make no requests",
		at(utilization, 100, 4, using(4000, 9500, 3000, 7000, 3200, 2000)...).alter(gone, 4, 5), []int32{24}},
	{"silent pods count as full when it shrinks", at(utilization, 100, 4, using(400, 95, 0, 0)...).alter(silent, 2, 3),
		[]int32{3}},
	{"a silent pod changes nothing on target", at(utilization, 100, 2, using(1000, 0)...).alter(silent, 1), []int32{2}},
	{"a silent pod counts as idle when it grows", at(utilization, 100, 2, using(1900, 0)...).alter(silent, 1), []int32{2}},
	{"a silent pod counts as full when it shrinks", at(utilization, 100, 2, using(600, 0)...).alter(silent, 1),
		[]int32{2}},
	{"one that is not ready beside a silent one", at(utilization, 50, 3, using(100, 450, 0)...).alter(unready,
		0).alter(silent, 2), []int32{3}},
	{"one that warms up beside a silent one", at(utilization, 50, 3, using(100, 450, 0)...).alter(started, 0).alter(silent,
		2), []int32{3}},
	{"growth in spite of both", at(utilization, 50, 3, using(100, 2000, 0)...).alter(unready, 0).alter(silent, 2),
		[]int32{4}},
	{"shrinking in spite of both", at(utilization, 50, 4, using(100, 100, 100, 0)...).alter(unready, 0).alter(silent, 3),
		[]int32{3}},
	{"a silent pod counts as on target beyond 100 %", at(utilization, 300, 4, using(200, 100, 100, 0)...).requesting(1000,
		1000, 2000, 2000).alter(unready, 0).alter(silent, 3), []int32{2}},
	{"a pod of a rollout beyond the size", at(utilization, 50, 2, using(100, 100, 0)...).alter(silent, 2), []int32{2}},
	{"values of other pods than there are", at(utilization, 100, 1, using(0, 100)...).alter(silent, 0).alter(gone, 1),
		[]int32{1}},
	{"no values at all", at(utilization, 100, 3, using(0, 0, 0)...).alter(silent), []int32{3}},
	{"no request to be in proportion to", at(utilization, 100, 1, using(200)...).requesting(0), []int32{1}},
	{"no pods", at(utilization, 100, 1), []int32{1}},
	{"pods' own metric", at(averageOfPods, 15_000, 3, using(20_000, 10_000, 30_000)...), []int32{4}},
	{"readiness is no matter to another metric", at(averageOfPods, 15_000, 3, using(50_000, 10_000, 30_000)...).alter(
		unready, 2).alter(started, 2), []int32{6}},
	{"nor when most are not ready", at(averageOfPods, 15_000, 3, using(50_000, 15_000, 30_000)...).alter(unready, 0,
		2).alter(started, 0, 2), []int32{7}},
	{"pods' own metric, calm", at(averageOfPods, 20_000, 5, using(12_000, 12_000, 12_000, 12_000, 12_000)...), []int32{3}},
	{"pods' own metric, within the tolerance", at(averageOfPods, 20_000, 3, using(20_000, 21_000, 21_000)...), []int32{3}},
	{"pods' own metric, beyond 1 %", at(averageOfPods, 20_000, 3, using(20_000, 21_000, 21_000)...).tolerating(0, 10),
		[]int32{4}},
	{"pods' own metric, on target but for silent pods",
		at(averageOfPods, 20_000, 5, using(20_000, 19_000, 21_000, 0, 0)...).alter(silent, 3, 4), []int32{5}},
	{"pods' own metric, a pod of a rollout beyond the size",
		at(averageOfPods, 17_000, 2, using(10_000, 10_000, 0)...).alter(silent, 2), []int32{2}},
	{"CPU in cores", at(averageCPU, 400, 3, climb...).alter(beside(0)), []int32{4}},
}

var knownTotals = []seed{
	{"an object's metric", one(ofObject, 15_000, 3, 20_000), []int32{4}},
	{"an object's metric beyond all bounds", one(ofObject, 1, 3, math.MaxInt64), []int32{math.MaxInt32}},
	{"an object's metric in proportion to the ready pods", one(ofObject, 10_000, 3, 50_000).alter(unready, 0, 2),
		[]int32{5}},
	{"an object's metric, calm", one(ofObject, 20_000, 5, 12_000), []int32{3}},
	{"an object's metric, within the tolerance", one(ofObject, 20_000, 3, 20_666), []int32{3}},
	{"an object's metric, beyond 1 %", one(ofObject, 20_000, 3, 20_666).tolerating(0, 10), []int32{4}},
	{"an object's share", one(ofObjectPerPod, 5000, 3, 20_000), []int32{4}},
	{"an object's share, calm", one(ofObjectPerPod, 2000, 5, 6000), []int32{3}},
	{"an object's share, within the tolerance", one(ofObjectPerPod, 5000, 4, 20_166), []int32{4}},
	{"an object's share, beyond 1 %", one(ofObjectPerPod, 5000, 4, 20_208).tolerating(0, 10), []int32{5}},
	{"ready pods shrink what all pods would let grow", one(ofExternal, 4400, 3, 8600).alter(unready, 0, 2), []int32{2}},
	{"an external metric, calm", one(ofExternal, 14_334, 5, 8600), []int32{3}},
	{"an external metric, within the tolerance", one(ofExternal, 8888, 3, 8600), []int32{3}},
	{"an external metric, beyond 1 %", one(ofExternal, 8800, 3, 8900).tolerating(0, 10), []int32{4}},
	{"series whose sum is too large for a number", one(ofExternal, math.MaxInt64, 3, math.MaxInt64/2+1, math.MaxInt64/2+1),
		[]int32{3}},
	{"a share of more than there can be", one(ofExternalPerPod, 1, 1, math.MaxInt64), []int32{math.MaxInt32}},
	{"the largest share on target", one(ofExternalPerPod, math.MaxInt64, 1, math.MaxInt64), []int32{1}},
	{"an external share", one(ofExternalPerPod, 2150, 3, 8600), []int32{4}},
	{"an external share, calm", one(ofExternalPerPod, 2867, 5, 8600), []int32{3}},
	{"an external share, within the tolerance", one(ofExternalPerPod, 2900, 3, 8600), []int32{3}},
	{"an external share, beyond 1 %", one(ofExternalPerPod, 2800, 3, 8600).tolerating(0, 10), []int32{4}},
}
