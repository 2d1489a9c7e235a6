package words

import (
	"fmt"
	"strings"
)

// Few is how many of a kind are told one by one.
const Few = 3

// Pods names a few pods.
func Pods(pods []string) string {
	switch more := len(pods) - Few; {
	case len(pods) == 1:
		return "pod " + pods[0]
	case more > 1:
		return fmt.Sprintf("pods %s and %d more", strings.Join(pods[:Few], ", "), more)
	}
	return "pods " + And(pods)
}

// And is "a", "a and b" or "a, b and c".
func And(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Times is "once", "twice" or "5 times".
func Times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return Count(n) + " times"
}

// Requests is "1 request" or "12 requests".
func Requests(n int64) string { return CountOf(int(n), "request") }

// CountOf is "1 pod" or "12 pods".
func CountOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(int64(n)) + " " + noun + "s"
}

// Capital is a word with a capital letter.
func Capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
