package scenarios_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// --rps goes to what it names: a Service, or the pods of a workload themselves; a plain
// rate goes to the other entrances.
func TestLoadByTarget(t *testing.T) {
	streams := func(rates ...string) (list []string, told string, err error) {
		spec, err := read(t, map[string]string{"m.yaml": shop}, func(o *scenarios.Options) { o.RPS = rates }, "m.yaml")
		if err != nil {
			return nil, "", err
		}
		for _, s := range spec.Traffic {
			list = append(list, fmt.Sprintf("%s %v", s.Name, s.Rate.At(0)))
		}
		return list, assumed(spec), nil
	}
	list, told, err := streams("svc/cart=2", "deploy/front=1200/m", "sts/default/db=1")
	require.NoError(t, err)
	assert.Equal(t, []string{"default/cart 2", "default/front-pods 20", "default/db-pods 1"}, list)
	assert.Contains(t, told,
		"20 requests/s from 1m0s on, Poisson, clients wait 30s (by --rps, to the pods of Deployment front themselves)")
	separate := strings.Replace(shop, `, args: ["--front=http://front.default.svc.cluster.local"]`, "", 1)
	spec, err := read(t, map[string]string{"m.yaml": separate}, func(o *scenarios.Options) {
		o.RPS = []string{"3", "Service/db=1"}
	}, "m.yaml")
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 2, "the entrance, and what was named")

	for rates, want := range map[string]string{
		"Deployment/nothing=1": `--rps: must name an object of the manifests, got "Deployment/nothing"`,
		"front=1":              `--rps: must be Kind/name, got "front"`,
		"=1":                   `--rps: must be RATE or Kind/name=RATE, got "=1"`,
		"svc/cart=fast":        `--rps: must be a rate from 0 to 1e7 like 20 or 1200/m, got "fast"`,
		"Inf":                  `--rps: must be a rate from 0 to 1e7 like 20 or 1200/m, got "Inf"`,
		"1 2":                  `--rps: must be given once for each target, got "2" after another one`,
	} {
		_, _, err := streams(strings.Fields(rates)...)
		assert.ErrorContains(t, err, want, rates)
	}
}

// A stream of a scenario goes to the pods of a workload themselves.
func TestTrafficToAWorkload(t *testing.T) {
	scenario := func(traffic string) (*cluster.Spec, error) {
		text := "apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\ncluster: {pools: [{name: n, capacity: {cpu: 4, memory: 8Gi}}]}\n" +
			"manifests: [m.yaml]\ntraffic: [" + traffic + "]\n"
		return scenarios.Load("s.yaml", scenarios.Options{FS: fstest.MapFS{"m.yaml": {Data: []byte(shop)},
			"s.yaml": {Data: []byte(text)}}})
	}
	spec, err := scenario(
		"{workload: deploy/cart, rate: {constant: 5}}, {name: b, workload: Deployment/default/cart, rate: {constant: 1}}")
	require.NoError(t, err)
	require.Len(t, spec.Traffic, 2)
	assert.Equal(t, "cart-pods", spec.Traffic[0].Service, "cart is a Service already")
	assert.Equal(t, "cart-pods", spec.Traffic[1].Service)
	_, err = scenario("{workload: Service/cart, rate: {constant: 5}}")
	assert.ErrorContains(t, err,
		`traffic[0].workload: must name what makes pods that have labels and stay, got "Service/cart"`)
	_, err = scenario("{workload: Deployment/card, rate: {constant: 5}}")
	assert.ErrorContains(t, err, `did you mean Deployment/cart`)
	_, err = scenario("{workload: Deployment/cart, service: cart, rate: {constant: 5}}")
	assert.ErrorContains(t, err, `traffic[0]: must have exactly one of service, workload, queue`)
}
