package serving

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImagesFitPatterns(t *testing.T) {
	for pattern, images := range map[string]map[string]bool{
		"*:v2":   {"web:v2": true, "reg.io/team/web:v2": true, "web:v20": false, "web:v2@sha256:1": false},
		"web:v1": {"web:v1": true, "reg/web:v1": false, "web:v11": false},
		"*":      {"": true, "a": true},
		"a*b*c":  {"abc": true, "aXbYc": true, "acb": false, "abcb": false, "abbc": true},
		"*x*":    {"x": true, "axb": true, "ab": false},
		"ab*bc":  {"abbc": true, "abc": false}, // no text stands for two parts
	} {
		for image, fits := range images {
			require.Equal(t, fits, (&Pods{Image: pattern}).FitsImage(image), "%s %s", pattern, image)
		}
	}
}
