package wire

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Builtin reads a workload that is a part of the program, without its target. A fault
// in it is one of the program: it panics, and tests read all of them.
func Builtin(text []byte) Workload {
	var node yaml.Node
	if err := yaml.Unmarshal(append([]byte("target: x\n"), text...), &node); err != nil {
		panic(err)
	}
	var w Workload
	var f Faults
	f.Decode(node.Content[0], reflect.ValueOf(&w).Elem(), "")
	if len(f.List) > 0 {
		panic(fmt.Sprint(f.List))
	}
	w.Target = ""
	return w
}
