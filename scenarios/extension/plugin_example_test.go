package extension_test

import (
	"context"
	"fmt"
	"testing/fstest"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	fwk "k8s.io/kube-scheduler/framework"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// fillLast is a plug-in of the scheduler: it keeps the machines of a zone free as
// long as others will do.
type fillLast struct{ zone string }

func (fillLast) Name() string { return "FillLast" }

// Score is from 0 to 100; the scheduler takes the node with the highest sum.
func (p fillLast) Score(_ context.Context, _ fwk.CycleState, _ *v1.Pod, node fwk.NodeInfo) (int64, *fwk.Status) {
	if node.Node().Labels[v1.LabelTopologyZone] == p.zone {
		return 0, nil
	}
	return fwk.MaxNodeScore, nil
}

func (fillLast) ScoreExtensions() fwk.ScoreExtensions { return nil }

const twoZones = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
replications: 1
duration: 5m
cluster:
  pools:
  - {name: a, count: 1, instanceType: aws/m7i.large, labels: {topology.kubernetes.io/zone: a}}
  - {name: b, count: 1, instanceType: aws/m7i.large, labels: {topology.kubernetes.io/zone: b}}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: agent}
  spec:
    replicas: 4
    selector: {matchLabels: {app: agent}}
    template:
      metadata: {labels: {app: agent}}
      spec: {containers: [{name: agent, image: agent, resources: {requests: {cpu: 500m}}}]}
`

// A plug-in of your own runs in the real scheduler: give its factory to the
// configuration, and enable it in a profile as on a cluster.
func Example_schedulerPlugin() {
	config, err := sched.LoadConfig([]byte(`
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- plugins:
    score:
      enabled: [{name: FillLast, weight: 100}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	config.WithRegistry(frameworkruntime.Registry{
		"FillLast": func(context.Context, runtime.Object, fwk.Handle) (fwk.Plugin, error) { return fillLast{zone: "b"}, nil },
	})
	files := fstest.MapFS{"s.yaml": {Data: []byte(twoZones)}}
	spec, err := scenarios.Load("s.yaml", scenarios.Options{FS: files})
	if err != nil {
		fmt.Println(err)
		return
	}
	spec.Scheduler = config
	err = replicate.Run(context.Background(), spec, 1, nil, func(r record.Record) error {
		if pod, is := r.(record.PodScheduled); is {
			fmt.Println(pod.Node)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// a-0
	// a-0
	// a-0
	// b-0
}
