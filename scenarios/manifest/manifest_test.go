package manifest

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        ports: [{containerPort: 80}]
        resources: {requests: {cpu: 100m}}
`

func read(text string) (*Set, error) {
	return Read([]string{"m.yaml"}, Options{Files: Files{FS: fstest.MapFS{"m.yaml": {Data: []byte(text)}}}})
}

const statefulSet = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  podManagementPolicy: Sideways
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: db:1}]
status: {replicas: 3, availableReplicas: 3}
---
apiVersion: v1
kind: Pod
metadata:
  name: db-0
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: a, controller: true}]
spec:
  containers: [{name: db, image: db:1}]
`

// A StatefulSet as kubectl get prints it makes its own pods.
func TestStatefulSetsAreDefaultedAndTheirPodsLeftOut(t *testing.T) {
	_, err := read(statefulSet)
	require.EqualError(t, err,
		`m.yaml:7: spec.podManagementPolicy: Invalid value: "Sideways": must be 'OrderedReady' or 'Parallel'`)
	set, err := read(strings.Replace(statefulSet, "  podManagementPolicy: Sideways\n", "", 1))
	require.NoError(t, err)
	require.Len(t, set.Objects, 1)
	s := set.Objects[0].Object.(*appsv1.StatefulSet)
	require.Equal(t, appsv1.OrderedReadyPodManagement, s.Spec.PodManagementPolicy)
	require.EqualValues(t, 1, *s.Spec.Replicas)
	require.Len(t, set.Ignored, 1)
	require.Equal(t, "its StatefulSet db makes its own", set.Ignored[0].Reason)
}

// Each bad manifest gets the message that kubectl apply shows, with its place.
func TestBadManifests(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(deployment, old) {
			t.Fatal(old)
		}
		return strings.Replace(deployment, old, with, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"unknown field": {change("image: web:1", "imagge: web:1"),
			`m.yaml:11: spec.template.spec.containers[0].imagge: strict decoding error: unknown field "spec.template.spec.containers[0].imagge"`},
		"selector": {change("labels: {app: web}}", "labels: {app: wob}}"),
			"m.yaml:7: spec.template.metadata.labels: Invalid value: {\"app\":\"wob\"}: `selector` does not match template `labels`"},
		"quantity": {change("cpu: 100m", "cpu: 1OOm"),
			"m.yaml:13: spec.template.spec.containers[0].resources.requests[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
		"type": {change("containerPort: 80", "containerPort: http"),
			"m.yaml:12: spec.template.spec.containers.ports.containerPort: "},
		"range": {change("containerPort: 80", "containerPort: 80000"),
			"m.yaml:12: spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 80000: must be between 1 and 65535, inclusive"},
		"required": {change("        image: web:1\n", ""),
			"m.yaml:10: spec.template.spec.containers[0].image: Required value"},
		"twice": {deployment + "---\n" + change("image: web:1", "image: web:2"),
			`m.yaml:17: metadata.name: must be unique, but Deployment "web" stands at m.yaml:2 too`},
		"no kind": {"apiVersion: v1\nmetadata: {name: a}\n", "m.yaml:1: kind: must be given, e.g. Deployment"},
		"list item": {
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: A}\n  spec: {containers: [{name: c, image: i}]}\n", `m.yaml:6: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain`},
		"tab": {"apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n",
			"m.yaml:4: must be YAML or JSON: found character that cannot start any token"},
		"NUL":     {"apiVersion: v1\n\x00", "m.yaml:2: must be UTF-8 text, got binary data"},
		"UTF-16":  {"\xff\xfea\x00", "m.yaml:1: must be UTF-8, got UTF-16"},
		"nothing": {"# only a comment\n---\n", "m.yaml: must hold at least one object, got an empty file"},
		"old version": {"apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n",
			`m.yaml:1: apiVersion: no matches for kind "Deployment" in version "extensions/v1beta1", use apps/v1`},
		"not an object": {"- a\n- b\n", "m.yaml:1: must be a Kubernetes object with apiVersion and kind"},
		"billion laughs": {
			"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", "m.yaml:1: must be YAML or JSON: document contains excessive aliasing"},
		"negative number": {change("spec:\n  selector", "spec:\n  replicas: -1\n  selector"),
			"m.yaml:5: spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(c.text)
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), c.want), "got  %s\nwant %s", err, c.want)
			assert.NotContains(t, strings.TrimSpace(err.Error()), "\n", "one fault, one line")
		})
	}
}

// An autoscaler may go by a metric of an object of the core API, which has no group.
func TestMetricsOfObjectsOfTheCoreAPI(t *testing.T) {
	const text = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics: [{type: Object, object: {metric: {name: hits}, describedObject: {apiVersion: v1, kind: Service, name: web}, target: {type: Value, value: 10}}}]
`
	_, err := read(text)
	require.NoError(t, err)
	_, err = read(strings.Replace(text, "apps/v1", "v1", 1))
	require.ErrorContains(t, err, "apiVersion must specify API group")
	_, err = read(strings.Replace(text, "apps/v1, kind: Deployment", "v1, kind: ReplicationController", 1))
	require.NoError(t, err)
}

// Most manifests of headless Services give the cluster IP in the singular alone.
func TestServicesWithAClusterIP(t *testing.T) {
	for _, ip := range []string{"None", "10.0.0.7"} {
		set, err := read(`apiVersion: v1
kind: Service
metadata: {name: s}
spec: {clusterIP: ` + ip + `, selector: {app: s}, ports: [{port: 80}]}
`)
		require.NoError(t, err)
		require.Equal(t, []string{ip}, set.Objects[0].Object.(*v1.Service).Spec.ClusterIPs)
	}
}

func TestReadsWhatKubectlPrints(t *testing.T) {
	set, err := read(`apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop, uid: "1234", resourceVersion: "7", generation: 3, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [{manager: kubectl}]}
  spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}
  status: {replicas: 3}
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata: {name: web-5d, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: "1", controller: true}]}
  spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web-5d-x, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, uid: "2", controller: true}]}
  spec: {containers: [{name: web, image: web}]}
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  status: {capacity: {cpu: "4", memory: 8Gi}}
- {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}}
- {apiVersion: v1, kind: ReplicationController, metadata: {name: h}}
- {apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}
- {apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: k}}
`)
	require.NoError(t, err)
	require.Len(t, set.Objects, 1)
	d := set.Objects[0].Object.(*appsv1.Deployment)
	assert.Equal(t, "shop/web", d.Namespace+"/"+d.Name)
	assert.Empty(t, d.UID)
	assert.Empty(t, d.ManagedFields)
	assert.Equal(t, int32(1), *d.Spec.Replicas, "defaulted as by the API server")
	assert.Equal(t, v1.PullAlways, d.Spec.Template.Spec.Containers[0].ImagePullPolicy)
	require.Len(t, set.Nodes, 1)
	reasons := map[string]string{}
	for _, i := range set.Ignored {
		reasons[i.Object] = i.Reason
	}
	assert.Equal(t, map[string]string{
		"ReplicaSet shop/web-5d":  "its Deployment web makes its own",
		"Pod shop/web-5d-x":       "its ReplicaSet web-5d makes its own",
		"Ingress i":               "does not matter to the simulation",
		"ReplicationController h": "not simulated yet: its pods are missing",
		"Widget w":                "unknown to Kubernetes 1.37",
		"Service k":               "unknown to Kubernetes 1.37",
	}, reasons)
}

func TestChanges(t *testing.T) {
	set := func(text string) (*appsv1.Deployment, error) {
		c, is, err := ParseChange(text)
		require.NoError(t, err)
		require.True(t, is)
		s, err := Read([]string{"m.yaml"},
			Options{Changes: []*Change{c}, Files: Files{FS: fstest.MapFS{"m.yaml": {Data: []byte(deployment)}}}})
		if err != nil {
			return nil, err
		}
		assert.True(t, c.Used)
		return s.Objects[0].Object.(*appsv1.Deployment), nil
	}
	d, err := set("Deployment/web:spec.replicas=7")
	require.NoError(t, err)
	assert.Equal(t, int32(7), *d.Spec.Replicas)
	d, err = set("Deployment/shop/web:spec.template.spec.containers[web].resources.limits.memory=1Gi")
	require.NoError(t, err)
	assert.Equal(t, "1Gi", d.Spec.Template.Spec.Containers[0].Resources.Limits.Memory().String())
	_, err = set("Deployment/web:spec.template.spec.containers[9].image=x")
	assert.ErrorContains(t, err, "must be below 1, got [9]")
	_, err = set("Deployment/web:spec.replicas=-1")
	assert.ErrorContains(t, err, "spec.replicas: Invalid value: -1")
}

func TestLines(t *testing.T) {
	l := NewLines([]byte(deployment), 100)
	for path, want := range map[string]int{
		"":                                 101,
		"spec.replicas":                    104, // not there: its parent
		"spec.template.spec.containers[0]": 110,
		"spec.template.spec.containers[0].ports[0].containerPort": 112,
		"metadata.name":       103,
		"nowhere.to.be[seen]": 101,
	} {
		assert.Equal(t, want, l.Of(path), path)
	}
	assert.Equal(t, []string{"metadata", "labels", "app.kubernetes.io/name"},
		Steps(`metadata.labels["app.kubernetes.io/name"]`))
}
