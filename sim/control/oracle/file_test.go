package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// kept is a scenario in a file: what the random ones consist of.
type kept struct {
	Why      string            `json:"why"`
	Seed     uint64            `json:"seed"`
	Duration time.Duration     `json:"duration"`
	Nodes    []*v1.Node        `json:"nodes"`
	Objects  []json.RawMessage `json:"objects"`
	Timeline []keptStep        `json:"timeline"`
	Runs     []keptRun         `json:"runs"`
	Metrics  []keptMetric      `json:"metrics,omitempty"`
}

// keptMetric is a metric of the namespace with values over time.
type keptMetric struct {
	Name   string
	Levels levels
}

type keptStep struct {
	At      sim.Time          `json:"at"`
	Action  string            `json:"action"`
	With    json.RawMessage   `json:"with,omitempty"`
	Objects []json.RawMessage `json:"objects,omitempty"` // of an Apply
}

// keptRun is how long containers run, evenly between two numbers of seconds.
type keptRun struct {
	Kind, Name, Container string
	Min, Max              float64
	ExitCode              int32
	FailureRate           float64
	OnTerminate           kubelet.Termination
}

// actions are the actions by name.
var actions = map[string]reflect.Type{}

func init() {
	for _, a := range []cluster.Action{
		cluster.Apply{}, cluster.Delete{}, cluster.Scale{}, cluster.SetImage{}, cluster.SetResources{}, cluster.SetMetric{},
		cluster.Rollout{},
		cluster.Cordon{}, cluster.Drain{}, cluster.Taint{}, cluster.NodeFail{}, cluster.NodeRecover{}, cluster.NodeAdd{},
		cluster.NodeRemove{}, cluster.PodKill{},
	} {
		actions[reflect.TypeOf(a).Name()] = reflect.TypeOf(a)
	}
}

// keep writes a scenario into a file.
func keep(spec *cluster.Spec, why, path string) error {
	k := kept{Why: why, Seed: spec.Seed, Duration: spec.Duration, Nodes: spec.Nodes}
	var err error
	if k.Objects, err = encodeAll(spec.Objects); err != nil {
		return err
	}
	for _, s := range spec.Timeline {
		step := keptStep{At: s.At, Action: reflect.TypeOf(s.Action).Name()}
		if a, is := s.Action.(cluster.Apply); is {
			step.Objects, err = encodeAll(a.Objects)
		} else {
			step.With, err = json.Marshal(s.Action)
		}
		if err != nil {
			return err
		}
		k.Timeline = append(k.Timeline, step)
	}
	for _, w := range spec.Workloads {
		run := keptRun{Kind: w.Kind, Name: w.Name, Container: w.Container, ExitCode: w.Behaviour.ExitCode,
			FailureRate: w.Behaviour.FailureRate, OnTerminate: w.Behaviour.OnTerminate}
		switch law := w.Behaviour.Runs.(type) {
		case distribution.Uniform:
			run.Min, run.Max = law.Min, law.Max
		case distribution.Constant:
			run.Min, run.Max = float64(law), float64(law)
		}
		k.Runs = append(k.Runs, run)
	}
	for _, m := range spec.Metrics {
		k.Metrics = append(k.Metrics, keptMetric{m.Name, m.Source.(cluster.Given).Values.(levels)})
	}
	data, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func encodeAll(objects []runtime.Object) (list []json.RawMessage, err error) {
	for _, o := range objects {
		o = o.DeepCopyObject()
		gvks, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			return nil, err
		}
		o.GetObjectKind().SetGroupVersionKind(gvks[0])
		data, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		list = append(list, data)
	}
	return list, nil
}

func decodeAll(list []json.RawMessage) (objects []runtime.Object, err error) {
	for _, data := range list {
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// readKept reads a scenario from a file.
func readKept(path string) (*cluster.Spec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, err
	}
	spec := newScenarios(k.Seed).spec
	spec.Name, spec.Duration, spec.Nodes, spec.Workloads = filepath.Base(path), k.Duration, k.Nodes, nil
	for _, n := range k.Nodes {
		spec.Pools[n.Name], n.Annotations = "pool", played
	}
	if spec.Objects, err = decodeAll(k.Objects); err != nil {
		return nil, err
	}
	for _, s := range k.Timeline {
		kind, known := actions[s.Action]
		if !known {
			return nil, fmt.Errorf("%s: no action %q", path, s.Action)
		}
		action := reflect.New(kind)
		if len(s.With) > 0 {
			if err := json.Unmarshal(s.With, action.Interface()); err != nil {
				return nil, err
			}
		}
		if a, is := action.Interface().(*cluster.Apply); is {
			if a.Objects, err = decodeAll(s.Objects); err != nil {
				return nil, err
			}
		}
		if a, is := action.Interface().(*cluster.NodeAdd); is {
			for _, n := range a.Nodes {
				spec.Pools[n.Name], n.Annotations = "pool", played
			}
		}
		spec.Timeline = append(spec.Timeline, cluster.Step{At: s.At, Action: action.Elem().Interface().(cluster.Action)})
	}
	for _, m := range k.Metrics {
		spec.Metrics = append(spec.Metrics, cluster.Metric{Namespace: namespace, Name: m.Name,
			Source: cluster.Given{Values: m.Levels}})
	}
	for _, r := range k.Runs {
		spec.Workloads = append(spec.Workloads, cluster.Workload{Kind: r.Kind, Name: r.Name, Container: r.Container,
			Behaviour: kubelet.Behaviour{
				Runs: distribution.Uniform{Min: r.Min, Max: r.Max}, ExitCode: r.ExitCode, FailureRate: r.FailureRate,
				OnTerminate: r.OnTerminate,
			}})
	}
	return spec, nil
}
