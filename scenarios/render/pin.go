package render

import (
	"slices"
	"strings"
	"text/template/parse"
)

// pins stand for functions of templates whose result depends on the clock or on chance:
// the same input has to give the same output. Each takes the arguments of what it
// stands for, in a pipeline, too.
var pins = map[string]string{
	"now":                      `(toDate "2006-01-02" "2026-01-05")`,
	"ago":                      `printf "0s%.0s"`,
	"randAlphaNum":             `include "rehearse.dev/text"`,
	"randAlpha":                `include "rehearse.dev/text"`,
	"randAscii":                `include "rehearse.dev/text"`,
	"randNumeric":              `include "rehearse.dev/digits"`,
	"randBytes":                `include "rehearse.dev/bytes"`,
	"randInt":                  `min`,
	"uuidv4":                   `(print "00000000-0000-4000-8000-000000000000")`,
	"shuffle":                  `toString`,
	"bcrypt":                   `sha256sum`,
	"htpasswd":                 `printf "%s:%s"`,
	"encryptAES":               `printf "%.0s%s"`,
	"genPrivateKey":            `printf "%s PRIVATE KEY"`,
	"genCA":                    certificate,
	"genCAWithKey":             certificate,
	"genSelfSignedCert":        certificate,
	"genSelfSignedCertWithKey": certificate,
	"genSignedCert":            certificate,
	"genSignedCertWithKey":     certificate,
}

// certificate takes the arguments that follow as further keys, which nobody asks for.
const certificate = `dict "Cert" "CERTIFICATE" "Key" "PRIVATE KEY"`

// pinnedTpl begins a call that stands for one of tpl; what follows are its arguments.
const pinnedTpl = `include "rehearse.dev/tpl" (list`

// pinned are the templates that pins name. Helm ends what includes itself a thousand
// times, but lets tpl call itself until the memory is full; here each tpl is ten includes,
// so that a hundred of them in each other are the most.
const pinned = `{{- define "rehearse.dev/text" }}{{ repeat (int .) "x" }}{{ end -}}
{{- define "rehearse.dev/digits" }}{{ repeat (int .) "1" }}{{ end -}}
{{- define "rehearse.dev/bytes" }}{{ repeat (int .) "x" | b64enc }}{{ end -}}
{{- define "rehearse.dev/values" }}{{ $all := list }}{{ range . }}{{ $all = append $all . }}{{ end }}{{ toJson $all }}{{ end -}}
{{- define "rehearse.dev/tpl" }}{{ include "rehearse.dev/deeper" (list 9 (index . 0) (index . 1)) }}{{ end -}}
{{- define "rehearse.dev/deeper" }}{{ if eq (int (index . 0)) 0 }}{{ tpl (index . 1) (index . 2) }}{{ else }}` +
	`{{ include "rehearse.dev/deeper" (list (sub (index . 0) 1) (index . 1) (index . 2)) }}{{ end }}{{ end -}}
`

// pin puts the functions that give the same each time into a template. Its lines stay
// where they are. What can't be read as a template is left to Helm, which says why.
func pin(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	t := parse.New("")
	t.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := t.Parse(text, "", "", trees); err != nil {
		return text
	}
	var found []call
	for _, tree := range trees {
		found = calls(tree.Root, found)
	}
	slices.SortFunc(found, func(a, b call) int { return int(b.Pos) - int(a.Pos) })
	for _, n := range found { // the last one first, so that the places of the others hold
		at := int(n.Pos)
		if at < 0 || !strings.HasPrefix(text[min(at, len(text)):], n.Ident) {
			continue
		}
		end := at + len(n.Ident)
		switch by, is := pins[n.Ident]; {
		case is:
			text = text[:at] + by + text[end:]
		case n.Ident == "keys": // in the order of a map
			end = endOfCall(text, end)
			text = text[:end] + " | sortAlpha " + text[end:]
		case n.Ident == "values": // likewise; as a list again by way of JSON
			last := endOfCall(text, end)
			text = text[:at] + `include "rehearse.dev/values"` + text[end:last] + " | fromJsonArray " + text[last:]
		case n.Ident == "tpl" && n.arguments == 2: // by include, which ends when it calls itself for ever
			last := endOfCall(text, end)
			text = text[:at] + pinnedTpl + text[end:last] + ")" + text[last:]
		}
	}
	return text
}

// endOfCall is where the arguments of a call end: before the bracket that closes it, the
// next part of the pipeline, or the end of the action.
func endOfCall(text string, at int) int {
	depth := 0
	for ; at < len(text); at++ {
		switch c := text[at]; {
		case c == '"' || c == '`' || c == '\'':
			for at++; at < len(text) && text[at] != c; at++ {
				if text[at] == '\\' && c != '`' {
					at++
				}
			}
		case c == '(':
			depth++
		case depth == 0 && (c == ')' || c == '|' || strings.HasPrefix(text[at:], "}}")):
			for at > 0 && (text[at-1] == ' ' || text[at-1] == '-') { // of -}}
				at--
			}
			return at
		case c == ')':
			depth--
		}
	}
	return at
}

// call is a function that a template names, with the number of its arguments.
type call struct {
	*parse.IdentifierNode
	arguments int
}

// calls are the functions that a node of a template names.
func calls(n parse.Node, found []call) []call {
	branch := func(b *parse.BranchNode) {
		found = calls(b.Pipe, found)
		found = calls(b.List, found)
		found = calls(b.ElseList, found)
	}
	switch n := n.(type) {
	case *parse.IdentifierNode:
		return append(found, call{IdentifierNode: n})
	case *parse.ListNode:
		if n != nil {
			for _, inner := range n.Nodes {
				found = calls(inner, found)
			}
		}
	case *parse.PipeNode:
		if n != nil {
			for _, inner := range n.Cmds {
				found = calls(inner, found)
			}
		}
	case *parse.CommandNode:
		for i, inner := range n.Args {
			if f, is := inner.(*parse.IdentifierNode); is && i == 0 {
				found = append(found, call{f, len(n.Args) - 1})
				continue
			}
			found = calls(inner, found)
		}
	case *parse.ChainNode:
		return calls(n.Node, found)
	case *parse.ActionNode:
		return calls(n.Pipe, found)
	case *parse.TemplateNode:
		return calls(n.Pipe, found)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
	return found
}

// pinValues pins the templates that stand in values, for the function tpl.
func pinValues(v any) any {
	switch v := v.(type) {
	case string:
		return pin(v)
	case map[string]any:
		for k, inner := range v {
			v[k] = pinValues(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = pinValues(inner)
		}
	}
	return v
}
