package nodes

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func readTable(t *testing.T, name string) []row {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "nodes", name))
	require.NoError(t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var rows []row
	for _, r := range records[1:] {
		named := row{}
		for i, column := range records[0] {
			named[column] = r[i]
		}
		rows = append(rows, named)
	}
	return rows
}

// The EKS formula gives what Karpenter publishes for each of its types.
func TestEKSAsPublished(t *testing.T) {
	rows := readTable(t, "eks_allocatable.csv")
	require.Greater(t, len(rows), 1300)
	for _, r := range rows {
		got := eks(r.integer("vcpu"), r.integer("memory_mib")*mib, r.integer("max_pods"), r["arch"] == "arm64")
		assert.Equal(t, r["allocatable_cpu"], strconv.FormatInt(got.cpu, 10)+"m", r["instance"])
		assert.Equal(t, r["allocatable_memory"], strconv.FormatInt(got.memory/mib, 10)+"Mi", r["instance"])
	}
}

func TestCatalogueAllocatable(t *testing.T) {
	for _, r := range readTable(t, "instances_allocatable.csv") {
		s, err := Lookup(r["provider"] + "/" + r["type"])
		require.NoError(t, err)
		left := s.Allocatable()
		assert.Equal(t, r.integer("cpu_m"), left.Cpu().MilliValue(), s.Name())
		assert.Equal(t, r.integer("memory_mib"), left.Memory().Value()/mib, s.Name())
	}
}

func TestAllocatableIsBelowCapacity(t *testing.T) {
	for _, s := range Catalogue() {
		capacity, left := s.Capacity(), s.Allocatable()
		assert.Negative(t, left.Cpu().Cmp(*capacity.Cpu()), s.Name())
		assert.Negative(t, left.Memory().Cmp(*capacity.Memory()), s.Name())
		assert.Positive(t, left.Cpu().Sign(), s.Name())
		assert.Positive(t, left.Memory().Sign(), s.Name())
	}
}
