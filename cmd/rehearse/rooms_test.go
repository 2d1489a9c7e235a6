package main

import (
	"bytes"
	"go/ast"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNobodyHoldsTheWorld holds that the World stays an assembly: it is small, no
// struct keeps one, and only sim/replicate makes one.
func TestNobodyHoldsTheWorld(t *testing.T) {
	fields, methods, made := 0, 0, 0
	eachFile(t, func(folder, path string, file *ast.File) {
		isWorld := func(n ast.Node) bool { return inCluster(folder, file, n, "World") }
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, is := n.Type.(*ast.StructType); is && isWorld(n.Name) {
					fields = s.Fields.NumFields()
				}
			case *ast.StructType:
				for _, f := range n.Fields.List {
					if contains(f.Type, isWorld) {
						t.Errorf("%s: a struct holds a World", path)
					}
				}
			case *ast.FuncDecl:
				if n.Recv != nil && contains(n.Recv, isWorld) {
					methods++
				}
			case *ast.SelectorExpr:
				if isWorld(n) {
					t.Errorf("%s: names the World", path)
				}
				if inCluster(folder, file, n, "New") {
					made++
					if folder != "sim/replicate" {
						t.Errorf("%s: makes a World", path)
					}
				}
			}
			return true
		})
	})
	require.Positive(t, made, "sim/replicate makes a World")
	require.Positive(t, fields)
	require.LessOrEqual(t, fields, 12, "fields of World")
	require.Positive(t, methods)
	require.LessOrEqual(t, methods, 15, "methods of World")
}

// inCluster reports whether n stands for a name of sim/cluster: by itself in the
// package, with its qualifier elsewhere.
func inCluster(folder string, file *ast.File, n ast.Node, name string) bool {
	const ours = "sim/cluster"
	if id, is := n.(*ast.Ident); is {
		return folder == ours && id.Name == name
	}
	s, is := n.(*ast.SelectorExpr)
	if !is || s.Sel.Name != name {
		return false
	}
	pkg, is := s.X.(*ast.Ident)
	if !is {
		return false
	}
	for i, path := range pathsOf(file) {
		if path != module+ours {
			continue
		}
		if as := file.Imports[i].Name; as != nil {
			return pkg.Name == as.Name
		}
		return pkg.Name == "cluster"
	}
	return false
}

func contains(root ast.Node, is func(ast.Node) bool) (found bool) {
	ast.Inspect(root, func(n ast.Node) bool {
		found = found || (n != nil && is(n))
		return !found
	})
	return found
}

// lineLimit is how many lines without tests a package may have at most.
const lineLimit = 4500

// lineLimits are the lower limits of some.
var lineLimits = map[string]int{"sim/cluster": 1200}

// TestPackagesStaySmall holds that no room becomes a hall again.
func TestPackagesStaySmall(t *testing.T) {
	lines := map[string]int{}
	eachFile(t, func(folder, path string, _ *ast.File) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		lines[folder] += bytes.Count(data, []byte("\n"))
	})
	for folder, n := range lines {
		limit, own := lineLimits[folder]
		if !own {
			limit = lineLimit
		}
		if n > limit {
			t.Errorf("%s has %d lines, may have %d", folder, n, limit)
		}
	}
	for folder := range lineLimits {
		require.Positive(t, lines[folder], folder)
	}
}

// TestControllersKnowLittle holds that a controller imports at most seven of our
// packages, and none of the other controllers.
func TestControllersKnowLittle(t *testing.T) {
	const managers = "sim/manager/"
	ours := map[string][]string{}
	eachFile(t, func(folder, path string, file *ast.File) {
		if !strings.HasPrefix(folder, managers) {
			return
		}
		for _, imported := range pathsOf(file) {
			if name, is := strings.CutPrefix(imported, module); is && !slices.Contains(ours[folder], name) {
				ours[folder] = append(ours[folder], name)
			}
		}
	})
	require.NotEmpty(t, ours)
	for folder, list := range ours {
		if len(list) > 7 {
			t.Errorf("%s imports %d of our packages: %s", folder, len(list), strings.Join(list, ", "))
		}
		for _, name := range list {
			if strings.HasPrefix(name, managers) {
				t.Errorf("%s imports its sibling %s", folder, name)
			}
		}
	}
}
