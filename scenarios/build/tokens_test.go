package build

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const modelScenario = `
apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: gpu, instanceType: aws/g6e.xlarge}]}
manifests:
- apiVersion: v1
  kind: Pod
  metadata: {name: llm, labels: {app: llm}}
  spec: {containers: [{name: vllm, image: v, resources: {limits: {nvidia.com/gpu: 1}}}]}
- {apiVersion: v1, kind: Service, metadata: {name: llm}, spec: {selector: {app: llm}, ports: [{port: 80}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: agent, labels: {app: agent}}, spec: {containers: [{name: a, image: a}]}}
- {apiVersion: v1, kind: Service, metadata: {name: plain}, spec: {selector: {app: plain}, ports: [{port: 80}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: plain, labels: {app: plain}}, spec: {containers: [{name: a, image: a}]}}
- {apiVersion: v1, kind: Service, metadata: {name: agent}, spec: {selector: {app: agent}, ports: [{port: 80}]}}
workloads:
- {target: Pod/agent, service: {steps: [{chance: {probability: 50%%, steps: [{call: {service: default/llm}}]}}]}}
- target: Pod/llm
  service:
    llm: {model: llama-3.1-8b, gpu: l40s}
    %s
traffic:
- {name: a, service: default/agent, rate: {constant: 1}}
%s
`

// A model is asked for tokens: those of the traffic, of the trace, or of the
// container's own steps. Prompts of which nobody says it are refused.
func TestPromptsHaveTokens(t *testing.T) {
	const own, direct = `steps: [{generate: {input: 500, output: "lognormal(200, 900)"}}]`,
		`- {name: b, service: default/llm, `
	for _, c := range []struct{ steps, traffic, want string }{
		{own, "", ""},
		{own, direct + "rate: {constant: 1}}", ""},
		{"", "", "s.yaml:16: workloads[0].service.steps: must call a Service that knows the tokens of its prompts: default/llm needs steps with generate: {input: …, output: …}"},
		{"steps: [{generate: {input: 5}}]", "", "s.yaml:16: workloads[0].service.steps: must call"},
		{"", direct + "rate: {constant: 1}}",
			"s.yaml:23: traffic[1].tokens: must be given, or tokens in the trace: a model answers the requests"},
		{"", direct + "trace: good.csv}", "s.yaml:23: traffic[1].tokens: must be given"},
		{own, direct + "trace: good.csv, tokens: {input: 5, output: 5}}", ""},
		{own, direct + "trace: {file: idle.csv, format: servegen}, tokens: {input: 5, output: 5}}", ""},
		{own, direct + "trace: mooncake1.jsonl, tokens: {input: 5, output: 5}}",
			"s.yaml:23: traffic[1].tokens: must be left out with a trace that has them"},
		{own, direct + "trace: mooncake1.jsonl}", ""},
		{own, `- {name: c, service: default/agent, rate: {constant: 1}, tokens: {input: 5, output: 5}}`, ""},
		{own, `- {name: c, service: default/plain, rate: {constant: 1}, tokens: {input: 5, output: 5}}`,
			"s.yaml:23: traffic[1].tokens: must be left out: no container behind default/plain has a model or calls one that does"},
	} {
		_, err := read(folder(t, fmt.Sprintf(modelScenario, c.steps, c.traffic)))
		if c.want == "" {
			require.NoError(t, err, "%s %s", c.steps, c.traffic)
		} else {
			require.ErrorContains(t, err, c.want, "%s %s", c.steps, c.traffic)
		}
	}
}
