package stat

import "math"

// trending is how many standard errors make a trend.
const trending = 3

// Moments are sums over peaks of three numbers: the logarithm of the block's
// hours, the age of its process in hours, and the peak in Gi.
type Moments struct {
	n        float64
	sum      [3]float64
	products [3][3]float64
}

const (
	ofLength = iota
	ofAge
	ofPeak
)

// Add takes a peak.
func (m *Moments) Add(length, age, peak float64) {
	v := [3]float64{length, age, peak}
	m.n++
	for i := range v {
		m.sum[i] += v[i]
		for k := range v {
			m.products[i][k] += v[i] * v[k]
		}
	}
}

// Merge takes all peaks of o.
func (m *Moments) Merge(o *Moments) {
	m.n += o.n
	for i := range m.sum {
		m.sum[i] += o.sum[i]
		for k := range m.sum {
			m.products[i][k] += o.products[i][k]
		}
	}
}

func (m *Moments) covariance(i, k int) float64 {
	return m.products[i][k]/m.n - m.sum[i]*m.sum[k]/m.n/m.n
}

// Growth is by how many Gi an hour peaks rise with the age of their process,
// and whether they do, as a leak's. Longer blocks have higher peaks, too, so
// that is the partial correlation of age and peak given the logarithm of the
// block's length, against its standard error 1/√n.
func (m *Moments) Growth() (perHour float64, grows bool) {
	if m.n < 3 {
		return 0, false
	}
	ages, peaks := m.covariance(ofAge, ofAge), m.covariance(ofPeak, ofPeak)
	both := m.covariance(ofAge, ofPeak)
	if lengths := m.covariance(ofLength, ofLength); lengths > 1e-9 {
		age, peak := m.covariance(ofLength, ofAge), m.covariance(ofLength, ofPeak)
		both -= age * peak / lengths
		peaks -= peak * peak / lengths
		if rest := ages - age*age/lengths; rest > 1e-6*ages {
			ages = rest
		} else {
			return 0, false // age and length can't be told apart
		}
	}
	if ages <= 1e-9 || peaks <= 1e-12 {
		return 0, false
	}
	r := both / math.Sqrt(ages*peaks)
	return both / ages, r*math.Sqrt(m.n) > trending
}
