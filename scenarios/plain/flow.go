package plain

import "go.yaml.in/yaml/v3"

// flow reads what stands in brackets, nil when it is not plain.
func (p *Parser) flow() *yaml.Node {
	if p.depth++; p.depth > maxDepth {
		return nil
	}
	defer func() { p.depth-- }()
	kind, tag, closing := yaml.MappingNode, "!!map", byte('}')
	if p.peek(p.at) == '[' {
		kind, tag, closing = yaml.SequenceNode, "!!seq", ']'
	}
	n, since := p.node(kind, tag, p.at), len(p.stack)
	n.Style = yaml.FlowStyle
	p.at++
	p.spaces()
	if p.peek(p.at) == closing {
		p.at++
		return n
	}
	for {
		if kind == yaml.MappingNode {
			key := p.key()
			if key == nil {
				return nil
			}
			p.stack = append(p.stack, key)
			p.spaces()
		}
		value := p.inFlow()
		if value == nil {
			return nil
		}
		p.stack = append(p.stack, value)
		p.spaces()
		switch p.peek(p.at) {
		case ',':
			p.at++
			p.spaces()
		case closing:
			p.at++
			return p.close(n, since)
		default:
			return nil
		}
	}
}

// inFlow reads a value within brackets.
func (p *Parser) inFlow() *yaml.Node {
	at := p.at
	if n := p.quoted(); n != nil || p.at != at {
		return n
	}
	switch c := p.peek(at); {
	case c == '{' || c == '[':
		return p.flow()
	case !begins(c, p.peek(at+1)):
		return nil
	}
	p.at++
	for isWord(p.peek(p.at)) {
		p.at++
	}
	return p.word(at, p.at)
}
