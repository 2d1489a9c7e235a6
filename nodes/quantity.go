package nodes

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Bounds of a quantity. Kubernetes' own reader takes any exponent and then writes
// the number out: 1e2147483647 has no end there.
const (
	maxQuantityExponent = 30
	maxQuantityLength   = 100 // characters
)

// mostQuantity is the most that is counted, 8Ei. Kubernetes' own arithmetic
// overflows above it.
var mostQuantity = resource.NewQuantity(math.MaxInt64, resource.BinarySI)

// ParseQuantity reads a quantity in Kubernetes' notation, such as 500m or 16Gi,
// whose size is at most 8Ei. The error says "must …, got …".
func ParseQuantity(word string) (resource.Quantity, error) {
	if err := CheckQuantity(word); err != nil {
		return resource.Quantity{}, err
	}
	q, err := resource.ParseQuantity(word)
	if err != nil {
		return resource.Quantity{}, fmt.Errorf("must be a quantity like 500m, 16Gi or 8, got %.60q", word)
	}
	return q, nil
}

// CheckQuantity is the fault of a quantity that is too large to be counted with.
// What is no quantity at all has none; reading it says so.
func CheckQuantity(word string) error {
	if len(word) > maxQuantityLength {
		return fmt.Errorf("must be a quantity of at most %d characters, got %d", maxQuantityLength, len(word))
	}
	if i := strings.LastIndexAny(word, "eE"); i > 0 && i+1 < len(word) {
		exponent, err := strconv.Atoi(word[i+1:])
		tooLong := err != nil && strings.Trim(word[i+1:], "+-0123456789") == ""
		if tooLong || exponent > maxQuantityExponent || exponent < -maxQuantityExponent {
			return fmt.Errorf("must be a quantity with an exponent from -%d to %d, got %.60q", maxQuantityExponent,
				maxQuantityExponent, word)
		}
	}
	q, err := resource.ParseQuantity(word)
	if err != nil {
		return nil
	}
	if size := q.DeepCopy(); size.Cmp(*mostQuantity) > 0 || size.Sign() < 0 && negated(size).Cmp(*mostQuantity) > 0 {
		return fmt.Errorf("must be a quantity of at most 8Ei, got %.60q", word)
	}
	return nil
}

func negated(q resource.Quantity) *resource.Quantity {
	q.Neg()
	return &q
}
