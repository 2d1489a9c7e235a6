package calibrate

import (
	"fmt"
	"math"
	"strings"
)

// drawSquare draws one metric: a point a row, and the line on which both are
// equal. Points left out are beyond the measured range by more than ten times.
func drawSquare(b *strings.Builder, left, top, size float64, m Metric, errors []Error) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, e := range errors {
		low, high = min(low, math.Log10(e.Measured)), max(high, math.Log10(e.Measured))
	}
	low, high = math.Floor(low), math.Ceil(high)
	at := func(v float64) float64 { return (math.Log10(v) - low) / (high - low) * size }
	fmt.Fprintf(b, `<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" fill="none" stroke="#888"/>`+"\n", left, top, size,
		size)
	fmt.Fprintf(b, `<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" stroke="#888"/>`+"\n", left, top+size, left+size, top)
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f">%s</text>`+"\n", left, top-8, m)
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f">measured %g to %g</text>`+"\n", left, top+size+16, math.Pow(10, low),
		math.Pow(10, high))
	for _, e := range errors {
		if y := at(e.Simulated); y > 0 && y < size {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="1.5" fill="#06c" fill-opacity="0.5"/>`+"\n", left+at(e.Measured),
				top+size-y)
		}
	}
}
