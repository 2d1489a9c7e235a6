package words

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kube-rehearse/rehearse/report/stat"
)

func TestColumnsHaveOneFormat(t *testing.T) {
	inf := stat.Value(math.Inf(1))
	for _, c := range []struct {
		unit   string
		values []stat.Value
		want   []string
	}{
		{"ratio", []stat.Value{0.985, 0.999971, 0}, []string{"98.5000 %", "99.9971 %", "0.0000 %"}},
		{"ratio", []stat.Value{1, 0.5}, []string{"100 %", "50 %"}},
		{"seconds", []stat.Value{0.85, 0.0123, 0}, []string{"850ms", "12ms", "0ms"}},
		{"seconds", []stat.Value{0.85, 2.5}, []string{"0.85s", "2.50s"}},
		{"seconds", []stat.Value{0.85, 250, inf}, []string{"850ms", "4m10s", "never ends"}},
		{"bytes", []stat.Value{1 << 20, 3 << 30}, []string{"0.00Gi", "3.00Gi"}},
		{"count", []stat.Value{1234, 7}, []string{"1,234", "7"}},
		{"count", []stat.Value{100.9, 0.2, 0}, []string{"100.9", "0.2", "0.0"}},
		{"count", []stat.Value{1.5, stat.Missing}, []string{"1.50", "no value"}},
		{"count", []stat.Value{0}, []string{"0"}},
	} {
		write := Column(c.unit, c.values...)
		for i, v := range c.values {
			assert.Equal(t, c.want[i], write(v), "%s %v", c.unit, c.values)
		}
	}
	assert.Equal(t, "1.5 pp", PercentagePoints(0.015, -0.014)(0.015))
}
