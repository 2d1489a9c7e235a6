package truth

import "testing"

// A check file is read or has a fault; what is read keeps its bounds.
func FuzzReadCheck(f *testing.F) {
	for _, text := range []string{"", "sizes: envelope\nslack: 2s\nwhy: x", "ignore: [bound]", "a: &a [*a]",
		"slack: 2000000h", "placement: shape"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadCheck("check.yaml", data)
		if err == nil && c.Slack < 0 {
			t.Fatalf("a slack of %s", c.Slack)
		}
	})
}
