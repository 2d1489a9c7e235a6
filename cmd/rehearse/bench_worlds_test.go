package main

import (
	"fmt"
	"strings"
)

// world is a scenario of a benchmark: so many Deployments of so many pods each.
type world struct {
	nodes, deployments, replicas int
	duration                     string
	replications                 int // 0 for 1
	autoscalers, services        bool
	rollouts                     int // spread over the day
	grow                         int // replicas that the first Deployment is scaled to after 10 s
	requests                     float64
	labels                       int    // further labels of each pod
	selector                     string // of all Services instead of each Deployment's own
	oneDeployment                int    // Services over the first Deployment
	changes                      int    // how often
}

// yaml is the scenario file.
func (w world) yaml() string {
	var b strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&b, format+"\n", arguments...) }
	line("apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\nname: world\nduration: %s\nreplications: %d", w.duration,
		max(w.replications, 1))
	line("cluster: {pools: [{name: cpu, count: %d, capacity: {cpu: 64, memory: 256Gi, pods: 1000}}]}\nmanifests:", w.nodes)
	labels := ""
	for i := range w.labels {
		labels += fmt.Sprintf(", l%d: x", i)
	}
	for i := range w.deployments {
		line(`- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d%d}, spec: {replicas: %d, selector: `+
			`{matchLabels: {app: d%d}}, template: {metadata: {labels: {app: d%d, all: pods%s}}, spec: {containers: [{name: c, `+
			`image: "i:1", resources: {requests: {cpu: 20m, memory: 64Mi}}}]}}}}`, i, w.replicas, i, i, labels)
		if w.autoscalers {
			line(`- {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: d%d}, spec: {scaleTargetRef: `+
				`{apiVersion: apps/v1, kind: Deployment, name: d%d}, minReplicas: %d, maxReplicas: %d, metrics: [{type: Resource, `+
				`resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]}}`, i, i, w.replicas, w.replicas)
		}
		if w.services {
			selector := fmt.Sprintf("app: d%d", i)
			if w.selector != "" {
				selector = w.selector
			}
			line(`- {apiVersion: v1, kind: Service, metadata: {name: d%d}, spec: {selector: {%s}, ports: [{port: 80}]}}`, i,
				selector)
		}
	}
	for i := range w.oneDeployment {
		line(`- {apiVersion: v1, kind: Service, metadata: {name: s%d}, spec: {selector: {app: d0}, ports: [{port: 80}]}}`, i)
	}
	if w.requests > 0 {
		line("workloads: [{target: '*', service: {concurrency: 0, steps: [{wait: 10ms}]}}]")
		line("traffic: [{service: d0, start: 1m, rate: {constant: %g}}]", w.requests)
	}
	line("timeline:%s", w.timeline())
	return b.String()
}

func (w world) timeline() string {
	var b strings.Builder
	for i := range w.rollouts {
		fmt.Fprintf(&b, "\n- {at: %dm, setImage: {target: Deployment/d%d, container: c, image: 'i:%d'}}",
			10+i*1420/max(w.rollouts, 1), i%w.deployments, i+2)
	}
	if w.grow > 0 {
		fmt.Fprintf(&b, "\n- {at: 10s, scale: {target: Deployment/d0, replicas: %d}}", w.grow)
	}
	for i := range w.changes {
		fmt.Fprintf(&b, "\n- {at: %ds, apply: [{apiVersion: v1, kind: Service, metadata: {name: d0, labels: {n: n%d}}, "+
			"spec: {selector: {app: d0}, ports: [{port: 80}]}}]}", 60+i, i)
	}
	if b.Len() == 0 {
		return " []"
	}
	return b.String()
}

// cronWorld is a CronJob that runs each minute.
func cronWorld(duration string) string {
	return `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: cron
duration: ` + duration + `
replications: 1
cluster: {pools: [{name: cpu, capacity: {cpu: 4, memory: 16Gi}}]}
manifests:
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}}}}
workloads: [{target: CronJob/tick, runs: 5s}]
`
}

// manifests are so many objects as they come of helm template, about 640 bytes each.
func manifests(objects int) string {
	var b strings.Builder
	for i := range objects {
		fmt.Fprintf(&b, `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-%d
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: web-%d
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 0
  selector:
    matchLabels:
      app.kubernetes.io/instance: web-%d
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: web-%d
    spec:
      containers:
      - name: web
        image: registry.example.com/team/web:1.27.%d
        ports:
        - containerPort: 8080
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {memory: 256Mi}
`, i, i, i, i, i)
	}
	return b.String()
}

// barePods are pods that nobody owns, of 88 sizes as in OpenB's trace, and Services over them.
func barePods(pods, services int) string {
	var b strings.Builder
	for i := range pods {
		fmt.Fprintf(&b, `apiVersion: v1
kind: Pod
metadata: {name: p%d, labels: {app: a%d}}
spec: {containers: [{name: c, image: "i:1", resources: {requests: {cpu: %dm, memory: %dMi}}}]}
---
`, i, i%max(services, 1), 100*(1+i%11), 256*(1+i%8))
	}
	for i := range services {
		fmt.Fprintf(&b, `apiVersion: v1
kind: Service
metadata: {name: s%d}
spec: {selector: {app: a%d}, ports: [{port: 80}]}
---
`, i, i)
	}
	return b.String()
}

// modelServers are eight that take ten thousand requests of 512 and 512 tokens.
const modelServers = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
name: llm
duration: 10m
replications: 1
cluster: {pools: [{name: gpu, count: 8, capacity: {cpu: 64, memory: 1Ti, nvidia.com/gpu: 1}}]}
manifests:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: llm}
  spec:
    replicas: 8
    selector: {matchLabels: {app: llm}}
    template:
      metadata: {labels: {app: llm}}
      spec: {containers: [{name: s, image: vllm, resources: {limits: {cpu: 16, memory: 128Gi, nvidia.com/gpu: 1}}}]}
- {apiVersion: v1, kind: Service, metadata: {name: llm}, spec: {selector: {app: llm}, ports: [{port: 80}]}}
workloads:
- target: Deployment/llm
  start: 1s
  service: {concurrency: 0, llm: {model: llama-3.1-8b, gpu: h100-80gb}}
traffic:
- service: llm
  start: 1m
  rate: {steps: [{at: 0s, rate: 60}, {at: 167s, rate: 0}]}
  tokens: {input: "512", output: "512"}
`
