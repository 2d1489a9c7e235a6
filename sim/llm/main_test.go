package llm_test

import (
	"testing"

	"github.com/kube-rehearse/rehearse/sim/internal/checked"
)

func TestMain(m *testing.M) { checked.Main(m) }
