package plain

import (
	"go.yaml.in/yaml/v3"
)

// Bounds of what is plain.
const (
	maxDepth = 50
	maxKey   = 128 // bytes; YAML's own bound is 1,024
)

// Parser reads texts one after the other. The zero value is ready.
type Parser struct {
	text string
	at   int // of what is read next
	line int // from 1 on, of the line that at is in

	begin  int // of the line
	indent int // of its content
	end    bool
	depth  int

	slab     []yaml.Node
	pointers []*yaml.Node
	used     int          // nodes
	stack    []*yaml.Node // children of collections that are being read
	pairs    []pair
}

// Parse is the object that a text is, nil when the text is not plain. Nodes have no
// comments.
func (p *Parser) Parse(text []byte) *yaml.Node {
	if !printable(text) {
		return nil
	}
	*p = Parser{text: string(text), slab: p.slab, pointers: p.pointers, stack: p.stack[:0], pairs: p.pairs}
	p.next()
	if p.end || p.indent != 0 || p.item() {
		return nil
	}
	n := p.mapping(0)
	if !p.end {
		return nil
	}
	return n
}

// printable reports whether a text has printable ASCII only, in lines.
func printable(text []byte) bool {
	for _, c := range text {
		if (c < ' ' || c > '~') && c != '\n' {
			return false
		}
	}
	return true
}

// node makes one that begins at a place of the line.
func (p *Parser) node(kind yaml.Kind, tag string, at int) *yaml.Node {
	if len(p.slab) == 0 {
		p.slab = make([]yaml.Node, 128)
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	p.used++
	n.Kind, n.Tag, n.Line, n.Column = kind, tag, p.line, at-p.begin+1
	return n
}

// close gives a collection the children that were pushed since.
func (p *Parser) close(n *yaml.Node, since int) *yaml.Node {
	count := len(p.stack) - since
	if len(p.pointers) < count {
		p.pointers = make([]*yaml.Node, max(256, count))
	}
	n.Content = p.pointers[:count:count]
	copy(n.Content, p.stack[since:])
	p.pointers, p.stack = p.pointers[count:], p.stack[:since]
	return n
}

// next goes to the content of the next line that has any.
func (p *Parser) next() {
	for {
		if p.at >= len(p.text) {
			p.end = true
			return
		}
		if p.line++; p.line > 1 {
			p.at++ // the line feed
		}
		p.begin = p.at
		p.spaces()
		p.indent = p.at - p.begin
		if p.at < len(p.text) && p.text[p.at] == '#' {
			p.toEnd()
		}
		if p.at < len(p.text) && p.text[p.at] != '\n' {
			return
		}
	}
}

func (p *Parser) spaces() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

func (p *Parser) toEnd() {
	for p.at < len(p.text) && p.text[p.at] != '\n' {
		p.at++
	}
}

// peek is the character at a place, a line feed at the end of the text.
func (p *Parser) peek(at int) byte {
	if at < len(p.text) {
		return p.text[at]
	}
	return '\n'
}

// rest reports whether nothing follows in the line but space and a comment, and goes
// to its end.
func (p *Parser) rest() bool {
	from := p.at
	p.spaces()
	if p.peek(p.at) == '#' && p.at > from {
		p.toEnd()
	}
	return p.peek(p.at) == '\n'
}

// item reports whether an element of a list begins here.
func (p *Parser) item() bool {
	return p.peek(p.at) == '-' && (p.peek(p.at+1) == ' ' || p.peek(p.at+1) == '\n')
}

// block reads what begins here, at a column from 0 on; nil when it is not plain.
func (p *Parser) block(column int) *yaml.Node {
	if p.depth++; p.depth > maxDepth {
		return nil
	}
	defer func() { p.depth-- }()
	if p.item() {
		return p.sequence(column)
	}
	return p.mapping(column)
}

func (p *Parser) sequence(column int) *yaml.Node {
	n, since := p.node(yaml.SequenceNode, "!!seq", p.at), len(p.stack)
	for !p.end && p.at-p.begin == column && p.item() {
		p.at++
		p.spaces()
		element := p.element()
		if element == nil {
			return nil
		}
		p.stack = append(p.stack, element)
	}
	if !p.end && p.indent > column {
		return nil
	}
	return p.close(n, since)
}

// element reads one of a list, after its dash.
func (p *Parser) element() *yaml.Node {
	if p.item() {
		return p.block(p.at - p.begin)
	}
	at := p.at
	key := p.key()
	if p.at = at; key != nil {
		return p.block(at - p.begin)
	}
	return p.value()
}

func (p *Parser) mapping(column int) *yaml.Node {
	n, since := p.node(yaml.MappingNode, "!!map", p.at), len(p.stack)
	for !p.end && p.at-p.begin == column {
		key := p.key()
		if key == nil {
			return nil
		}
		value := p.valueOf(column)
		if value == nil {
			return nil
		}
		p.stack = append(p.stack, key, value)
	}
	if !p.end && p.indent > column {
		return nil
	}
	return p.close(n, since)
}

// key reads a key with its colon, nil when there is none.
func (p *Parser) key() *yaml.Node {
	at := p.at
	n := p.quoted()
	if n == nil {
		if p.at != at || !isLetter(p.peek(at)) {
			return nil
		}
		for isWord(p.peek(p.at)) {
			p.at++
		}
		n = p.word(at, p.at)
	}
	if p.at-at > maxKey || p.peek(p.at) != ':' || (p.peek(p.at+1) != ' ' && p.peek(p.at+1) != '\n') {
		return nil
	}
	p.at++
	return n
}

// valueOf reads what belongs to a key of a mapping at a column.
func (p *Parser) valueOf(column int) *yaml.Node {
	after := p.at
	if !p.rest() {
		return p.value()
	}
	null := p.node(yaml.ScalarNode, "!!null", after)
	p.next()
	switch {
	case p.end || p.indent < column || (p.indent == column && !p.item()):
		return null
	case p.indent == column:
		return p.sequence(column)
	}
	return p.block(p.indent)
}

// value reads a value that begins in this line and ends with it.
func (p *Parser) value() *yaml.Node {
	p.spaces()
	at := p.at
	n := p.quoted()
	switch c := p.peek(at); {
	case n != nil:
	case p.at != at:
		return nil
	case c == '{' || c == '[':
		n = p.flow()
	case begins(c, p.peek(at+1)):
		n = p.scalar()
	}
	if n == nil || !p.rest() {
		return nil
	}
	p.next()
	return n
}
