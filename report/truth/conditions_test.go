package truth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const conditions = `{"rel":0.0,"type":"ADDED","kind":"Node","name":"n-1","uid":"9","conditions":{}}
{"rel":0.1,"type":"MODIFIED","kind":"Node","name":"n-1","uid":"9","taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}],"conditions":{"Ready":{"status":"True"}}}
{"rel":0.2,"type":"MODIFIED","kind":"Node","name":"n-1","uid":"9","taints":[],"conditions":{"Ready":{"status":"True"}}}
{"rel":1,"type":"ADDED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1}
{"rel":1,"type":"ADDED","kind":"ReplicaSet","ns":"d","name":"web-a","uid":"2","owner":"Deployment/web","replicas":1}
{"rel":1,"type":"ADDED","kind":"EndpointSlice","ns":"d","name":"web-x","uid":"5","owner":"Service/web","ready":0}
{"rel":1,"type":"ADDED","kind":"EndpointSlice","ns":"d","name":"web-y","uid":"6","owner":"Service/web","ready":0}
{"rel":2,"type":"ADDED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1","conditions":{"Ready":{"status":"True"}}}
{"rel":3,"type":"MODIFIED","kind":"EndpointSlice","ns":"d","name":"web-x","uid":"5","owner":"Service/web","ready":1}
{"rel":4,"type":"MODIFIED","kind":"EndpointSlice","ns":"d","name":"web-y","uid":"6","owner":"Service/web","ready":2}
{"rel":5,"type":"MODIFIED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1,"conditions":{"Progressing":{"status":"True","reason":"NewReplicaSetAvailable"}}}
{"rel":5.5,"type":"MODIFIED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1,"conditions":{"Available":{"status":"True"},"Progressing":{"status":"True","reason":"NewReplicaSetAvailable"}}}
{"rel":6,"type":"MODIFIED","kind":"Node","name":"n-1","uid":"9","taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"},{"key":"a","value":"b","effect":"NoSchedule"}],"conditions":{"Ready":{"status":"Unknown"}}}
{"rel":7,"type":"MODIFIED","kind":"Pod","ns":"d","name":"web-a-x","uid":"3","owner":"ReplicaSet/web-a","node":"n-1","conditions":{"Ready":{"status":"False"}}}
{"rel":8,"type":"DELETED","kind":"EndpointSlice","ns":"d","name":"web-x","uid":"5","owner":"Service/web","ready":1}
{"rel":8.5,"type":"MODIFIED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1,"conditions":{"Available":{"status":"False"},"Progressing":{"status":"True","reason":"NewReplicaSetAvailable"}}}
{"rel":9,"type":"MODIFIED","kind":"Node","name":"n-1","uid":"9","taints":[],"conditions":{"Ready":{"status":"True"}}}
{"rel":10,"type":"MODIFIED","kind":"Deployment","ns":"d","name":"web","uid":"1","replicas":1,"conditions":{"Progressing":{"status":"False","reason":"ProgressDeadlineExceeded"}}}
`

// happened is the same as records.
var happened = []record.Record{
	record.ReplicaSetScaled{Workload: "d/Deployment/web", Revision: "a", To: 1, Created: true},
	record.PodCreated{At: second(1), Pod: "d/web-a-z", Owner: "d/Deployment/web", Revision: "a"},
	record.PodScheduled{At: second(1), Pod: "d/web-a-z", Node: "n-1"},
	record.PodReady{At: second(1), Pod: "d/web-a-z", Ready: true},
	record.Endpoints{At: second(2), Service: "d/web", To: 3},
	record.Rollout{At: second(4), Workload: "d/Deployment/web", Phase: record.RolloutComplete},
	record.Availability{At: second(4.5), Workload: "d/Deployment/web", Available: true},
	record.NodeTainted{At: second(5), Node: "n-1",
		Taints: []string{"a=b:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"}},
	record.NodeChanged{At: second(5), Node: "n-1", Phase: record.NodeNotReady},
	record.PodReady{At: second(6), Pod: "d/web-a-z"},
	record.Endpoints{At: second(7), Service: "d/web", From: 3, To: 2},
	record.Availability{At: second(7.5), Workload: "d/Deployment/web"},
	record.NodeTainted{At: second(8), Node: "n-1"},
	record.NodeChanged{At: second(8), Node: "n-1", Phase: record.NodeReady},
	record.Rollout{At: second(9), Workload: "d/Deployment/web", Phase: record.RolloutStalled},
}

func second(s float64) record.At { return record.At{T: sim.Time(s * 1e9)} }

func simulated(records []record.Record) *Timeline {
	var s Simulation
	for _, r := range records {
		_ = s.Add(r)
	}
	return s.Timeline()
}

func TestConditionsAndEndpointsAreRead(t *testing.T) {
	require.Equal(t, []string{
		"0s scaled d/Deployment/web r1 0→1", "1s created d/Deployment/web r1", "1s bound d/Deployment/web r1 n-1",
		"1s ready d/Deployment/web r1", "2s endpoints d/Service/web 0→1", "3s endpoints d/Service/web 1→3",
		"4s progress d/Deployment/web NewReplicaSetAvailable", "4.5s available d/Deployment/web True",
		"5s node Node/n-1 NotReady", "5s taints Node/n-1 a=b:NoSchedule, node.kubernetes.io/unreachable:NoExecute",
		"6s unready d/Deployment/web r1", "7s endpoints d/Service/web 3→2", "7.5s available d/Deployment/web False",
		"8s node Node/n-1 Ready", "8s taints Node/n-1 none",
		"9s progress d/Deployment/web ProgressDeadlineExceeded",
	}, says(read(t, conditions)))
}

func TestAnEndpointSliceOfTheAPI(t *testing.T) {
	got := read(t, whole+
		`{"t":1001,"type":"ADDED","object":{"kind":"EndpointSlice","metadata":{"namespace":"d","name":"web-x","uid":"9","labels":{"kubernetes.io/service-name":"web"}},"endpoints":[{"conditions":{"ready":true}},{"conditions":{"ready":false}},{"conditions":{}}]}}
`)
	require.Contains(t, says(got), "0.5s endpoints d/Service/web 0→2")
}

// Each thing that is left out of the simulation, or comes late, is a difference; of what
// was not watched nothing is asked.
func TestConditionsAndEndpointsAreCompared(t *testing.T) {
	recorded := read(t, conditions)
	same := Compare(recorded, simulated(happened), Check{})
	require.True(t, same.Equal(), "%+v", same)
	for i, r := range happened[1:] {
		without := append(append([]record.Record{}, happened[:i+1]...), happened[i+2:]...)
		switch r.(type) {
		case record.Rollout, record.NodeChanged, record.NodeTainted, record.Availability, record.Endpoints, record.PodReady:
			require.False(t, Compare(recorded, simulated(without), Check{}).Equal(), "%T", r)
		}
	}
	var lines []string
	for line := range strings.Lines(conditions) {
		if !strings.Contains(line, `"Node"`) && !strings.Contains(line, `"EndpointSlice"`) {
			lines = append(lines, line)
		}
	}
	unwatched := read(t, strings.Join(lines, ""))
	require.Equal(t, []string{"Deployment", "Deployment/available", "Deployment/status", "Pod", "ReplicaSet"},
		unwatched.Watched)
	require.True(t, Compare(unwatched, simulated(happened), Check{}).Equal())
}

func TestEndpointsThatNobodySimulatesAreNamed(t *testing.T) {
	var without []record.Record
	for _, r := range happened {
		if _, is := r.(record.Endpoints); !is {
			without = append(without, r)
		}
	}
	c := Compare(read(t, conditions), simulated(without), Check{})
	require.True(t, c.Equal())
	var text strings.Builder
	require.NoError(t, c.WriteText(&text, false))
	require.Contains(t, text.String(), "endpoints of d/Service/web: not compared")
}
