package record

import "strings"

// Key names an object. Records and results write it in three ways: a workload as
// String does, what an Event or a step is about as Object does, and what can only
// be of one kind as "namespace/name", which SplitName reads.
type Key struct{ Namespace, Kind, Name string }

// ParseKey reads what String writes. Any other text is a name alone.
func ParseKey(text string) Key {
	namespace, rest, _ := strings.Cut(text, "/")
	kind, name, is := strings.Cut(rest, "/")
	if !is {
		return Key{Name: text}
	}
	return Key{namespace, kind, name}
}

// ParseObject reads what Object writes.
func ParseObject(text string) Key {
	kind, rest, is := strings.Cut(text, " ")
	if !is {
		return Key{Name: text}
	}
	namespace, name := SplitName(rest)
	return Key{namespace, kind, name}
}

// String is "namespace/Kind/name".
func (k Key) String() string { return k.Namespace + "/" + k.Kind + "/" + k.Name }

// Object is "Kind namespace/name", and "Kind name" of an object without namespace.
func (k Key) Object() string {
	if k.Kind == "" {
		return k.NamespacedName()
	}
	return k.Kind + " " + k.NamespacedName()
}

// NamespacedName is "namespace/name", or the name of an object without namespace.
func (k Key) NamespacedName() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// SplitName reads "namespace/name". A text without a namespace is a name.
func SplitName(text string) (namespace, name string) {
	namespace, name, is := strings.Cut(text, "/")
	if !is {
		return "", text
	}
	return namespace, name
}

// ShortName is the name in "namespace/name".
func ShortName(text string) string {
	_, name := SplitName(text)
	return name
}
