package sched

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	configv1 "k8s.io/kube-scheduler/config/v1"
	fwk "k8s.io/kube-scheduler/framework"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/validation"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"

	"github.com/kube-rehearse/rehearse/sim"
)

// Config says how to schedule. The zero value is upstream's default: one
// profile, default-scheduler, with the default plugins.
type Config struct {
	// Exact lets upstream's SchedulePod choose each node: it asks all plugins about each
	// node for each pod. The choices are the same.
	Exact bool

	component *schedconfig.KubeSchedulerConfiguration
	registry  frameworkruntime.Registry

	tellAll     bool                           // also what the scheduler does not look at, for tests
	plainSpread bool                           // upstream's own scores of PodTopologySpread, for tests
	spread      frameworkruntime.PluginFactory // in place of newSpread, for tests
}

// LoadConfig reads a KubeSchedulerConfiguration, YAML or JSON, decoded
// strictly, defaulted and validated by upstream's code. The error lists every
// fault, one a line, in upstream's words. HTTP extenders are a fault.
// Of what concerns the API server qps and burst of clientConnection are for the
// caller (Scheduler.ClientLimit); the rest and parallelism are validated and have
// no effect.
func LoadConfig(data []byte) (Config, error) {
	if err := setGates(); err != nil {
		return Config{}, err
	}
	// cmd/kube-scheduler/app/options/configfile.go, loadConfig.
	obj, gvk, err := scheme.Codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return Config{}, lines(decodeFaults(err, data))
	}
	component, ok := obj.(*schedconfig.KubeSchedulerConfiguration)
	if !ok {
		return Config{}, fmt.Errorf("kind: must be KubeSchedulerConfiguration, got %s", gvk.Kind)
	}
	component.APIVersion = gvk.GroupVersion().String()
	var faults []error
	if invalid := validation.ValidateKubeSchedulerConfiguration(component); invalid != nil {
		faults = invalid.Errors()
	}
	if n := len(component.Extenders); n > 0 {
		faults = append(faults,
			fmt.Errorf(
				"extenders: must be empty, got %d: an HTTP extender decides outside of virtual time, write it as a plugin", n))
	}
	if len(faults) > 0 {
		return Config{}, lines(faults)
	}
	return Config{component: component}, nil
}

// Check starts a scheduler with the configuration and stops it. The error is what
// the scheduler refuses at its start: plugins that there are not, and arguments.
// names are those that pods ask for it by.
func (c Config) Check() (names []string, err error) {
	s, err := New(c, time.Time{}, func() sim.Time { return 0 })
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.SchedulerNames(), nil
}

// WithRegistry adds out-of-tree plugins, which profiles then can name.
func (c *Config) WithRegistry(r frameworkruntime.Registry) { c.registry = r }

func decodeFaults(err error, data []byte) []error {
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		return strict.Errors()
	}
	if runtime.IsNotRegisteredError(err) {
		// Upstream's message names a source line of its own. What decoded once
		// decodes again.
		var got metav1.TypeMeta
		_ = yaml.Unmarshal(data, &got)
		return []error{fmt.Errorf("kind: must be KubeSchedulerConfiguration of %s, got %s of %s", configv1.SchemeGroupVersion,
			got.Kind, got.APIVersion)}
	}
	return []error{err}
}

// lines joins faults, one a line.
func lines(faults []error) error {
	joined := make([]error, len(faults))
	for i, err := range faults {
		joined[i] = errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	return errors.Join(joined...)
}

// complete is a copy of the configuration that may be changed, with our
// preemption in place of upstream's.
func (c *Config) complete() (*schedconfig.KubeSchedulerConfiguration, error) {
	component := c.component
	if component == nil {
		var versioned configv1.KubeSchedulerConfiguration
		scheme.Scheme.Default(&versioned)
		component = &schedconfig.KubeSchedulerConfiguration{}
		if err := scheme.Scheme.Convert(&versioned, component, nil); err != nil {
			return nil, fmt.Errorf("default scheduler configuration: %w", err)
		}
		component.APIVersion = configv1.SchemeGroupVersion.String()
	}
	component = component.DeepCopy()
	for i := range component.Profiles {
		usePreemption(&component.Profiles[i])
		if !c.plainSpread {
			useSpread(&component.Profiles[i])
		}
	}
	return component, nil
}

// plugins are the out-of-tree ones and ours. spreads gets the latter's by profile.
func (c *Config) plugins(room *room, spreads map[string]*spreadPlugin) (frameworkruntime.Registry,
	error) {
	registry := frameworkruntime.Registry{}
	maps.Copy(registry, c.registry)
	spread := c.spread
	if spread == nil {
		spread = newSpread
	}
	kept := func(ctx context.Context, args runtime.Object, h fwk.Handle) (fwk.Plugin, error) {
		made, err := spread(ctx, args, h)
		of, is := h.(interface{ ProfileName() string })
		if ours, known := made.(*spreadPlugin); err == nil && is && known && ours.defaults {
			spreads[of.ProfileName()] = ours
		}
		return made, err
	}
	if err := registry.Register(spreadName, kept); err != nil {
		return nil, err
	}
	return registry, registry.Register(preemptionName, preemptionFactory(room))
}
