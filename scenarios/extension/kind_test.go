// Package extension_test has what others would write who add to a cluster: a kind of
// workload, with everything that reads, scales, counts and explains workloads, a
// finding about it, a plug-in of the scheduler, and a controller with a kind of its
// own. Nothing under sim or report knows of them.
package extension_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const oldWeb = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: old-web
replications: 1
duration: 1h
cluster:
  pools: [{name: cpu, count: 2, instanceType: aws/m7i.large}]
manifests:
- apiVersion: v1
  kind: ReplicationController
  metadata: {name: web}
  spec:
    replicas: 2
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, image: "web:1", resources: {requests: {cpu: 100m}}}]}
- apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {selector: {app: web}, ports: [{port: 80}]}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web}
  spec:
    scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: web}
    minReplicas: 2
    maxReplicas: 6
    metrics: [{type: External, external: {metric: {name: length}, target: {type: AverageValue, averageValue: "10"}}}]
- apiVersion: v1
  kind: ResourceQuota
  metadata: {name: few}
  spec: {hard: {pods: "4", replicationcontrollers: "1"}}
timeline:
- {at: 0s, setMetric: {name: length, value: 20}}
- {at: 10m, setImage: {target: ReplicationController/web, container: web, image: "web:2"}}
- {at: 15m, setMetric: {name: length, value: 60}}
- at: 20m
  apply:
  - apiVersion: v1
    kind: ReplicationController
    metadata: {name: more}
    spec:
      template:
        metadata: {labels: {app: more}}
        spec: {containers: [{name: more, image: "more:1"}]}
`

const goneLater = `- {at: 40m, delete: {target: ReplicationController/web}}
`

// A ReplicationController is read from YAML with its defaults, its pods serve, an
// autoscaler sizes it, quotas count it and its pods, and steps change it.
func TestAKindOfWorkload(t *testing.T) {
	run, err := load(oldWeb, replicationControllers())
	require.NoError(t, err)
	o := run(t, mixedTemplates)
	require.Empty(t, o.Ignored)

	const web = "default/ReplicationController/web"
	w := o.Workloads[web]
	require.NotNil(t, w)
	require.Contains(t, o.Services, "default/web")
	require.Equal(t, []string{web}, of[record.Run](o)[0].Services[0].Workloads)

	var sizes []int32
	for _, s := range of[record.Scaled](o) {
		require.Equal(t, web, s.Workload)
		sizes = append(sizes, s.To)
	}
	require.Equal(t, []int32{4, 6}, sizes, "the autoscaler doubles it, and goes on to the maximum")

	// The quota takes four pods of the six, and no second ReplicationController.
	living, refused := 0, ""
	for _, p := range o.Pods {
		require.Equal(t, web, p.Owner)
		living++
	}
	require.Equal(t, 4, living)
	for _, r := range of[record.CreationRefused](o) {
		require.Equal(t, web, r.Workload)
		refused = r.Message
	}
	require.Contains(t, refused, "exceeded quota: few, requested: pods=1, used: pods=4, limited: pods=4")
	last := o.Steps[len(o.Steps)-1]
	require.Contains(t, last.Error, "exceeded quota: few, requested: replicationcontrollers=1")

	// It is explained, and has a finding of its own beside those for all workloads.
	require.Contains(t, o.explain(t, "ReplicationController/web"), "exceeded quota")
	require.Contains(t, o.explain(t, "Pod/"+short(o.Pods[0])), "for ReplicationController default/web")
	require.Equal(t, []result.Finding{{
		Rule: "replicationcontroller-keeps-old-pods", Severity: "error", Object: "ReplicationController default/web",
		What:   "at the end its pods run 2 images, [web:1 web:2]",
		Change: "Delete the old pods, or use a Deployment, which replaces them",
	}}, findings(o, "replicationcontroller-keeps-old-pods"))
	require.NotEmpty(t, findings(o, "creation-refused"))
}

// With the ReplicationController its pods go, by the garbage collector, and the
// quota is free.
func TestItsPodsAreGarbage(t *testing.T) {
	run, err := load(oldWeb+goneLater, replicationControllers())
	require.NoError(t, err)
	o := run(t, mixedTemplates)
	for _, p := range o.Pods {
		require.Equal(t, record.OwnerDeleted, p.Deleted)
		require.NotNil(t, p.Gone)
		require.Greater(t, *p.Gone, sim.Time(40*60e9))
	}
	require.Empty(t, findings(o, "replicationcontroller-keeps-old-pods"))
}

// What the kind's validation says has its file and line; without the extension the
// object is left out, and that is said.
func TestItIsValidated(t *testing.T) {
	const fault = "s.yaml:13: spec.replicas: Invalid value: -2: must be greater than or equal to 0"
	_, err := load(replaced(oldWeb, "replicas: 2", "replicas: -2"), replicationControllers())
	require.ErrorContains(t, err, fault)
	_, err = load(replaced(oldWeb, "replicas: 2", "replicsa: 2"), replicationControllers())
	require.ErrorContains(t, err, `s.yaml:13: spec.replicsa: strict decoding error: unknown field "spec.replicsa"`)
	_, err = load(oldWeb)
	require.ErrorContains(t, err, `must name an object of the manifests, got "ReplicationController/web"`)
}

// Two rules of a name, and a severity that there is not, are refused.
func TestRulesAreChecked(t *testing.T) {
	b := report.NewBuilder()
	require.EqualError(t, b.AddRule(report.Rule{Name: "oom-kill", Severity: "error"}),
		`rule "oom-kill": must have a name that no other rule has`)
	require.EqualError(t, b.AddRule(report.Rule{Name: "mine", Severity: "fatal"}),
		`rule "mine": severity: must be error or warning, got "fatal"`)
}
