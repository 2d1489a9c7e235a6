package build

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/load"
)

const somePods = `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: server, image: "web:v1"}, {name: side, image: "side:v1", resources: {requests: {memory: 100Mi}}}]}
workloads:
- target: Deployment/web
  image: "*:v2"
  start: 40s
  model: {load: 2m}
  memory: {leak: 0Mi/h}
- target: Deployment/web
  container: server
  start: 20s
  model: {size: 1Gi, bandwidth: 100Mi/s}
  memory: {base: 300Mi, leak: 60Mi/m}
  service: {time: 1s, cpu: 100m}
- {target: Deployment/web, container: server, share: 20%, service: {time: 9s}}
- {target: Deployment/web, container: side, revision: new, crash: {after: 2s}}
timeline:
- {at: 10m, setImage: {target: Deployment/web, container: server, image: "web:v2"}}
`

// described builds a scenario and gives what it says of a container's pods.
func described(t *testing.T, text string) (list []cluster.Workload) {
	faults := &wire.Faults{File: "s.yaml"}
	s, _ := faults.Read([]byte(text), nil)
	b := newBuilder(faults, Source{Path: "s.yaml"}, Options{FS: folder(t, text)})
	require.True(t, b.passOver())
	spec := b.build(s)
	require.NoError(t, faults.Or())
	return spec.Workloads
}

// An entry for some pods takes what it leaves out from the entry for all of them,
// wherever that stands, or from what is assumed of them. What it gives as nothing stays
// nothing.
func TestSomePodsRestOnAll(t *testing.T) {
	list := described(t, somePods)
	find := func(container string, fits func(*cluster.Pods) bool) *cluster.Workload {
		for i := range list {
			if w := &list[i]; w.Matches("Deployment", "default", "web", container) && fits(&w.Pods) {
				return w
			}
		}
		t.Fatal("no such entry")
		return nil
	}
	v2 := func(p *cluster.Pods) bool { return p.Image != "" }
	w := find("server", v2)
	require.Equal(t, 40.0, w.Behaviour.Start.Mean())
	require.Equal(t, 120.0, w.Behaviour.Model.Load.Mean())
	require.Zero(t, w.Behaviour.Model.Bytes, "a loading time excludes a size")
	require.Equal(t, int64(300<<20), w.Behaviour.Memory.Base)
	require.Zero(t, w.Behaviour.Memory.LeakPerSecond, "given as nothing")
	require.NotNil(t, w.Server.Program)

	slow := find("server", func(p *cluster.Pods) bool { return p.Share > 0 })
	require.Equal(t, 20.0, slow.Behaviour.Start.Mean())
	require.Equal(t, 9.0, slow.Server.Program[0].(load.Work).Time.Mean())

	side := find("side", func(p *cluster.Pods) bool { return p.Revision == "new" })
	require.Equal(t, int64(50<<20), side.Behaviour.Memory.Base, "as assumed: half of its request")
	require.NotNil(t, side.Behaviour.Crash)
	require.Equal(t, int64(500<<20), side.Behaviour.ImageSize)

	all := find("side", (*cluster.Pods).All)
	require.Nil(t, all.Behaviour.Crash)
	require.Equal(t, 5.0, all.Behaviour.Start.Mean())
	require.Equal(t, 40.0, find("side", v2).Behaviour.Start.Mean(), "the pattern is for both containers")
}
