package record

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomStrategy is one of a random kind, with what that kind can have.
func randomStrategy(rng *rand.Rand) Strategy {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	limit := func() *Limit {
		if rng.IntN(3) == 0 {
			return nil
		}
		return &Limit{rng.Int32N(200), rng.IntN(2) == 0}
	}
	var s Strategy
	switch rng.IntN(4) {
	case 0:
		s.Update = &Update{Type: pick("RollingUpdate", "Recreate", "OnDelete"), MaxSurge: limit(), MaxUnavailable: limit()}
	case 1:
		s.Update = &Update{Type: pick("RollingUpdate", "OnDelete"), Partition: rng.Int32N(3), MaxUnavailable: limit(),
			PodManagement: pick("OrderedReady", "Parallel")}
	case 2:
		s.Schedule = &Schedule{Cron: pick("*/10 * * * *", "@daily", `a "quoted" \ one`), TimeZone: pick("", "Europe/Berlin"),
			Concurrency: pick("Allow", "Forbid", "Replace"), StartingDeadline: randomNumber[int64](rng)}
		fallthrough
	case 3:
		s.Jobs = &JobPlan{Mode: pick("NonIndexed", "Indexed"), Completions: randomNumber[int32](rng),
			Parallelism:  rng.Int32N(9),
			BackoffLimit: randomNumber[int32](rng), PerIndex: randomNumber[int32](rng), ActiveDeadline: randomNumber[int64](rng),
			RestartPolicy: pick("Never", "OnFailure")}
	}
	return s
}

func randomNumber[N int32 | int64](rng *rand.Rand) *N {
	if rng.IntN(2) == 0 {
		return nil
	}
	n := N(rng.Int32())
	return &n
}

func TestStrategiesComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		s := randomStrategy(rng)
		read, err := ParseStrategy(s.String())
		require.NoError(t, err)
		require.Equal(t, s, read, s.String())
	}
	read, err := ParseStrategy("RollingUpdate maxSurge=25% maxUnavailable=0")
	require.NoError(t, err)
	require.Equal(t, Strategy{Update: &Update{Type: "RollingUpdate", MaxSurge: &Limit{25, true},
		MaxUnavailable: &Limit{}}}, read)
}

func TestStrategiesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"RollingUpdate maxSurge=x maxUnavailable=0", "RollingUpdate maxSurge=-1", "RollingUpdate  maxSurge=1",
		"RollingUpdate maxSurge=01",
		"RollingUpdate partition=0", "RollingUpdate OrderedReady more", `"0 3 * * *`, `"0 3 * * *" Forbid RollingUpdate`,
		"Indexed parallelism=99999999999 Never", "NonIndexed Never", " ",
	} {
		_, err := ParseStrategy(text)
		require.Error(t, err, text)
	}
}

func FuzzParseStrategy(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(randomStrategy(rng).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseStrategy(text); err == nil {
			require.Equal(t, text, s.String())
		}
	})
}
