package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInstants(t *testing.T) {
	for word, want := range map[string]string{
		"2026-01-05T08:55:00Z":      "2026-01-05 08:55:00 +0000 UTC",
		"2026-01-05T08:55:00+02:00": "2026-01-05 06:55:00 +0000 UTC",
		"2026-01-05T08:55:00.5Z":    `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got "2026-01-05T08:55:00.5Z"`,
		"2026-01-05":                `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got "2026-01-05"`,
		"9999-01-05T08:55:00Z":      `must be from 1970 to 2089, got "9999-01-05T08:55:00Z"`,
		"":                          `must be a date and time in whole seconds like 2026-01-05T08:55:00Z, got ""`,
	} {
		var i Instant
		if err := i.parse(word); err != nil {
			require.EqualError(t, err, want)
			continue
		}
		require.Equal(t, want, time.Time(i).String())
	}
}

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
		"":                                  {"the run begins on Monday 2026-01-05 at 00:00 UTC, which CronJobs go by (startTime)", notDue},
		"startTime: 2026-01-05T01:00:01Z\n": nil,
		"startTime: 2026-01-05T01:00:00Z\n": {notDue}, // it is over at 03:00
	} {
		spec, err := Load("s.yaml", Options{FS: folder(scenario + start)})
		require.NoError(t, err)
		require.Equal(t, want, spec.Assumptions, start)
	}
}
