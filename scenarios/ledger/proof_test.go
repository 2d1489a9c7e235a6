package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/scenarios/ledger"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

const folder = "../../testdata/ledger"

// flip is a setting of one field in a world.
type flip struct {
	row, world     string
	before, change []string
}

func readFlips(t *testing.T) (list []flip) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "flips.txt"))
	require.NoError(t, err)
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		row, rest, _ := strings.Cut(line, " ")
		world, set, found := strings.Cut(strings.TrimSpace(rest), " ")
		require.True(t, found, line)
		f := flip{row: row, world: world}
		before, change, has := strings.Cut(set, " => ")
		if has {
			f.before = strings.Split(strings.TrimSpace(before), " && ")
		} else {
			change = set
		}
		f.change = strings.Split(strings.TrimSpace(change), " && ")
		list = append(list, f)
	}
	return list
}

// revision is the hash of a template, which changes with every field of it.
var revision = regexp.MustCompile(`("revision":"|\bweb-)[a-z0-9]{6,10}\b`)

// played is a hash of what happens in a world with some settings, the records without
// the head.
func played(t *testing.T, world string, set []string) string {
	t.Helper()
	for i := range set {
		set[i] = strings.TrimSpace(set[i])
	}
	spec, err := scenarios.Load(filepath.Join(folder, world+".yaml"), scenarios.Options{Set: set})
	if !assert.NoError(t, err, set) {
		return "faulty"
	}
	hash := sha256.New()
	head := true
	require.NoError(t, replicate.Run(context.Background(), spec, 1, nil, func(r record.Record) error {
		if head {
			head = false
			return nil
		}
		line, err := json.Marshal(r)
		hash.Write(revision.ReplaceAll(line, []byte("$1")))
		return err
	}))
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// Every row about pods is proven in a small world: a field that is simulated changes
// what happens, and one of no effect does not.
func TestFieldsDoAsTheTableSays(t *testing.T) {
	rows := map[string]*ledger.Row{}
	for _, r := range ledger.Rows() {
		rows[r.Path] = r
	}
	proven, worlds := map[string]bool{}, map[string]string{}
	for _, f := range readFlips(t) {
		r := rows[f.row]
		if !assert.NotNil(t, r, "%s is no row of the table", f.row) {
			continue
		}
		proven[f.row] = true
		key := f.world + strings.Join(f.before, " ")
		if worlds[key] == "" {
			worlds[key] = played(t, f.world, f.before)
		}
		after := played(t, f.world, append(f.before[:len(f.before):len(f.before)], f.change...))
		switch r.State {
		case ledger.Simulated:
			assert.NotEqual(t, worlds[key], after, "%s is simulated, and nothing changes by %s", f.row, f.change)
		case ledger.NoEffect:
			assert.Equal(t, worlds[key], after, "%s has no effect, and something changes by %s", f.row, f.change)
		default:
			assert.Fail(t, "not simulated", "%s: there is nothing to prove", f.row)
		}
	}
	for path, r := range rows {
		pods := false
		for _, root := range []string{"PodTemplateSpec.", "PodSpec.", "Container.", "Probe", "Lifecycle", "VolumeSource"} {
			pods = pods || strings.HasPrefix(path, root)
		}
		if pods && r.State != ledger.NotSimulated && !unprovable[path] {
			assert.True(t, proven[path], "%s must be proven in testdata/ledger/flips.txt", path)
		}
	}
}

// unprovable are rows that no manifest can set in two ways: the API server refuses the
// field, or what it names.
var unprovable = map[string]bool{
	"PodTemplateSpec.metadata":             true, // what is not listed is the API server's own
	"PodTemplateSpec.metadata.annotations": true, // TestRestartedAt... of rollouts
	"PodSpec.volumes[].name":               true, // a volume has to have one
	"PodSpec.ephemeralContainers":          true,
	"PodSpec.resources.claims":             true,
	"Container.resources.claims[].name":    true, // TestAContainerHasTheGPUsOfItsClaims
	"Container.resources.claims[].request": true,
	"Container.volumeDevices":              true,
	"LifecycleHandler.tcpSocket":           true,
	"VolumeSource.gitRepo":                 true,
	"Lifecycle.stopSignal":                 true, // needs an operating system for the pod
}
