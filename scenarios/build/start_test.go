package build

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCronJobsThatAreNotDueAreTold(t *testing.T) {
	const scenario = `apiVersion: rehearse.dev/v1alpha1
kind: Scenario
cluster: {pools: [{name: cpu, instanceType: aws/m7i.large}]}
duration: 2h
manifests:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: nightly}
  spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}
workloads:
- {target: CronJob/nightly, runs: 10m}
`
	const notDue = "CronJob default/nightly: not due in the run (0 3 * * *)"
	for start, want := range map[string][]string{
		"": {
			"the run begins on Monday 2026-01-05 at 00:00 UTC, which CronJobs go by (startTime)", notDue},
		"startTime: 2026-01-05T01:00:01Z\n": nil,
		"startTime: 2026-01-05T01:00:00Z\n": {notDue}, // it is over at 03:00
	} {
		spec, err := read(folder(t, scenario+start))
		require.NoError(t, err)
		require.Equal(t, want, spec.Assumptions, start)
	}
}
