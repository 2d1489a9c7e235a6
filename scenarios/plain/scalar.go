package plain

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// isLetter reports whether a key without quotes can begin so.
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether a character means nothing but itself everywhere.
func isWord(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '.' || c == '/'
}

// begins reports whether a value without quotes can begin so.
func begins(c, next byte) bool {
	return isLetter(c) || isDigit(c) || c == '/' || c == '.' || (c == '-' && isDigit(next))
}

// quoted reads a text in quotes without escapes. It returns nil when there is none, at
// the place where it was, or when the text is not plain, at another.
func (p *Parser) quoted() *yaml.Node {
	quote := p.peek(p.at)
	if quote != '"' && quote != '\'' {
		return nil
	}
	n := p.node(yaml.ScalarNode, "!!str", p.at)
	n.Style = yaml.DoubleQuotedStyle
	if quote == '\'' {
		n.Style = yaml.SingleQuotedStyle
	}
	p.at++
	from := p.at
	for p.peek(p.at) != quote {
		if c := p.peek(p.at); c == '\\' || c == '\n' {
			return nil
		}
		p.at++
	}
	n.Value = p.text[from:p.at]
	if p.at++; p.peek(p.at) == quote {
		return nil // '' within '…'
	}
	return n
}

// scalar reads a value without quotes to the end of its line, or to its comment; nil
// when it can be something else.
func (p *Parser) scalar() *yaml.Node {
	at, to := p.at, p.at
	for ; p.peek(p.at) != '\n'; p.at++ {
		switch c := p.text[p.at]; {
		case c == '#' && p.text[p.at-1] == ' ':
			p.at = to // rest reads the comment
			return p.word(at, to)
		case c == ':' && (p.peek(p.at+1) == ' ' || p.peek(p.at+1) == '\n'):
			return nil
		case c != ' ':
			to = p.at + 1
		}
	}
	return p.word(at, to)
}

// word makes a value of what stands without quotes.
func (p *Parser) word(from, to int) *yaml.Node {
	n := p.node(yaml.ScalarNode, "!!str", from)
	n.Value = p.text[from:to]
	if k := kindOf(n.Value); k != text {
		n.Tag = ""
		n.Tag = n.ShortTag()
	}
	return n
}

// kind is what a value without quotes is.
type kind int8

const (
	odd kind = iota // to be asked of a reader of all of YAML
	text
	integer
	yes
	no
	nothing
)

// kindOf is what readers of YAML 1.1 and 1.2 agree on.
func kindOf(word string) kind {
	if word == "" {
		return nothing
	}
	switch c := word[0]; {
	case isLetter(c) || c == '/':
		return named(word)
	case isDigit(c) || c == '-':
		return number(word)
	}
	return odd
}

func named(word string) kind {
	if len(word) > 5 || !strings.ContainsRune("yYnNtTfFoO", rune(word[0])) {
		return text
	}
	switch word {
	case "true", "True", "TRUE":
		return yes
	case "false", "False", "FALSE":
		return no
	case "null", "Null", "NULL":
		return nothing
	}
	switch strings.ToLower(word) {
	case "y", "yes", "n", "no", "on", "off", "null", "true", "false":
		return odd
	}
	return text
}

// number is a whole number as JSON writes it, or a text that begins with a digit and
// can't be a number or a date, such as 100m and 1.27.3.
func number(word string) kind {
	digits := strings.TrimPrefix(word, "-")
	others, points := 0, 0
	for i := range len(digits) {
		switch c := digits[i]; {
		case isDigit(c):
		case c == '.':
			points++
		case isLetter(c) && c != 'e' && c != 'E' && c != '_' || c == '/' || c == ' ' || c == ':':
			others++
		default:
			return odd
		}
	}
	switch {
	case others+points == 0 && len(digits) <= 18 && (digits[0] != '0' || word == "0"):
		return integer
	case word[0] == '-' || len(digits) < 2 || digits[0] == '0' && isLetter(digits[1]):
		return odd
	case others > 0 || points > 1:
		return text
	}
	return odd
}
