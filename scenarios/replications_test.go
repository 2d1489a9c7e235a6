package scenarios_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// shipped is a shipped scenario that is played eight times.
func shipped(t *testing.T, name string) *cluster.Spec {
	t.Helper()
	spec, err := scenarios.Load(filepath.Join("gallery", name+".yaml"),
		scenarios.Options{Replications: 8})
	require.NoError(t, err)
	return spec
}

// What replications share, they only read: make race runs this under the race
// detector, with rollouts, autoscalers, jobs, evictions and model servers.
func TestReplicationsShareNothingThatChanges(t *testing.T) {
	for _, name := range []string{"gpu-rollout-deadlock", "cronjob-falls-behind", "overcommitted-node", "queue-to-zero"} {
		ends := 0
		require.NoError(t, replicate.Run(t.Context(), shipped(t, name), 4, nil, func(r record.Record) error {
			if end, is := r.(record.End); is {
				assert.Equal(t, ends, end.Replication)
				ends++
			}
			return nil
		}), name)
		assert.Equal(t, 8, ends, name)
	}
}

// A run that is stopped has handed over whole replications, and says why it ended.
func TestStoppedRunsHandOverWholeReplications(t *testing.T) {
	spec := shipped(t, "gpu-rollout-deadlock")
	spec.Replications = 200
	why := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	var last record.Record
	err := replicate.Run(ctx, spec, 4, func(done int) {
		if done == 3 {
			stop(why)
		}
	}, func(r record.Record) error {
		last = r
		return nil
	})
	var interrupted *replicate.Interrupted
	require.ErrorAs(t, err, &interrupted)
	assert.ErrorIs(t, err, why)
	assert.GreaterOrEqual(t, interrupted.Complete, 3)
	assert.Less(t, interrupted.Complete, 200)
	end, is := last.(record.End)
	require.True(t, is, "the last record is the end of a replication")
	assert.Equal(t, interrupted.Complete-1, end.Replication)
	assert.Equal(t, record.AtHorizon, end.Reason)
}
