package build

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// What nobody described of init containers, of native sidecars and of containers that a
// later step adds is assumed and printed, each once; what somebody described is not.
func TestEveryContainerIsDescribedOrAssumed(t *testing.T) {
	spec, err := read(folder(t, `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
duration: 30m
cluster: {pools: [{name: n, count: 1, capacity: {cpu: 2, memory: 4Gi}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: default}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        initContainers:
        - {name: proxy, image: "r.example/p:1", restartPolicy: Always, resources: {limits: {memory: 64Mi}}}
        - {name: fetch, image: "r.example/f:1"}
        containers: [{name: web, image: "r.example/w:1"}]
workloads:
- {target: Deployment/web, container: otel, memory: {base: 40Mi}}
timeline:
- at: 10m
  apply:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - {name: web, image: "r.example/w:1"}
          - {name: otel, image: "r.example/o:1"}
          - {name: late, image: "r.example/l:1"}
`))
	require.NoError(t, err)
	require.Equal(t, []string{
		"default/Deployment/web sidecar proxy: image 500Mi, listens 5s after its start, memory 32Mi",
		"default/Deployment/web init container fetch: image 500Mi, ends well after 10s, memory 128Mi",
		"default/Deployment/web container web: image 500Mi, listens 5s after its start, memory 128Mi + 8Mi a request in flight",
		"default/Deployment/web container late: image 500Mi, listens 5s after its start, memory 128Mi + 8Mi a request in flight",
	}, spec.Assumptions)
	var names []string
	for _, w := range spec.Workloads {
		names = append(names, w.Container)
		require.Positive(t, w.Behaviour.Memory.Base, w.Container)
	}
	require.Equal(t, []string{"otel", "proxy", "fetch", "web", "late"}, names)
	require.IsType(t, cluster.Apply{}, spec.Timeline[0].Action)
}
