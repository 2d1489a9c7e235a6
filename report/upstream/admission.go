package upstream

import "strings"

// Quoted is what stands between the first quotes.
func Quoted(text string) string {
	parts := strings.SplitN(text, `"`, 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}
