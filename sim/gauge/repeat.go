package gauge

import "math"

// Repeat returns sum after x was added to it n times, one after the other, each time
// rounded. It takes a few steps for each doubling of the sum, whatever n is:
//
//	between 2ᵉ and 2ᵉ⁺¹ all numbers are multiples of one unit u. There each addition adds
//	the same, which is x rounded to units. Only where x ends in half a unit, the last bit
//	of the sum decides, and each addition is made by itself.
func Repeat(sum, x float64, n int) float64 {
	for n > 0 {
		next := sum + x
		if next == sum {
			return sum // for ever
		}
		n--
		sum = next
		if sum <= 0 || x <= 0 || math.IsInf(sum, 0) {
			continue
		}
		_, exponent := math.Frexp(sum)
		top, half := math.Ldexp(1, exponent), math.Ldexp(1, exponent-54)
		step := sum + x - sum
		if sum+x >= top || math.Abs(x-step) >= half || step == 0 {
			continue
		}
		k := min(float64(n), math.Floor((top-sum)/step))
		for k > 0 && sum+k*step >= top {
			k--
		}
		sum += k * step
		n -= int(k)
	}
	return sum
}
