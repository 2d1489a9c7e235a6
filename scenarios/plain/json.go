package plain

import (
	stdjson "encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pair is a field of an object.
type pair struct {
	key   string
	value *yaml.Node
}

// Convert is the object that a text is, as JSON; false when the text is not plain. Its
// nodes are used again for the next text.
func (p *Parser) Convert(text []byte) ([]byte, bool) {
	slab := p.slab
	n := p.Parse(text)
	var data []byte
	ok := n != nil
	if ok {
		data, ok = p.JSON(make([]byte, 0, len(text)), n)
	}
	if p.used > len(slab) {
		slab = make([]yaml.Node, 2*p.used)
	} else {
		clear(slab[:p.used])
	}
	p.slab = slab
	return data, ok
}

// JSON appends an object as encoding/json writes it, with its keys in order. It returns
// false where the object has what readers of YAML 1.1 and 1.2 take for different
// things, such as a plain yes, or what is none of JSON's.
func (p *Parser) JSON(to []byte, n *yaml.Node) ([]byte, bool) {
	p.pairs, p.depth = p.pairs[:0], 0
	return p.json(to, n)
}

func (p *Parser) json(to []byte, n *yaml.Node) ([]byte, bool) {
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	if n.Style&yaml.TaggedStyle != 0 {
		return nil, false
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return value(to, n)
	case yaml.SequenceNode:
		return p.list(to, n)
	case yaml.MappingNode:
		return p.object(to, n)
	}
	return nil, false
}

func (p *Parser) list(to []byte, n *yaml.Node) (_ []byte, ok bool) {
	to = append(to, '[')
	for i, element := range n.Content {
		if i > 0 {
			to = append(to, ',')
		}
		if to, ok = p.json(to, element); !ok {
			return nil, false
		}
	}
	return append(to, ']'), true
}

func (p *Parser) object(to []byte, n *yaml.Node) (_ []byte, ok bool) {
	since := len(p.pairs)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" || key.Style&yaml.TaggedStyle != 0 ||
			(key.Style == 0 && kindOf(key.Value) != text) {
			return nil, false
		}
		p.pairs = append(p.pairs, pair{key.Value, n.Content[i+1]})
	}
	slices.SortFunc(p.pairs[since:], func(a, b pair) int { return strings.Compare(a.key, b.key) })
	to = append(to, '{')
	for i, end := since, len(p.pairs); i < end; i++ {
		f := p.pairs[i]
		if i > since {
			if f.key == p.pairs[i-1].key {
				return nil, false
			}
			to = append(to, ',')
		}
		if to, ok = quote(to, f.key); !ok {
			return nil, false
		}
		if to, ok = p.json(append(to, ':'), f.value); !ok {
			return nil, false
		}
	}
	p.pairs = p.pairs[:since]
	return append(to, '}'), true
}

func value(to []byte, n *yaml.Node) ([]byte, bool) {
	if n.Style != 0 {
		if n.Tag != "!!str" {
			return nil, false
		}
		return quote(to, n.Value)
	}
	switch kindOf(n.Value) {
	case text:
		return quote(to, n.Value)
	case integer:
		return append(to, n.Value...), true
	case yes:
		return append(to, "true"...), true
	case no:
		return append(to, "false"...), true
	case nothing:
		return append(to, "null"...), true
	}
	return nil, false
}

func quote(to []byte, s string) ([]byte, bool) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := stdjson.Marshal(s)
			return append(to, quoted...), err == nil
		}
	}
	return append(append(append(to, '"'), s...), '"'), true
}
