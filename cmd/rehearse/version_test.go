package main

import (
	"go/ast"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

// templates are what makes cobra use text/template, which finds methods by their names: the
// linker then keeps every method of every type that the program knows, 40 MB of them.
var templates = []string{"SetVersionTemplate", "SetUsageTemplate", "SetHelpTemplate", "SetErrPrefixTemplate",
	"AddTemplateFunc", "AddTemplateFuncs"}

func TestNothingNeedsTemplates(t *testing.T) {
	eachFile(t, func(folder, name string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				assert.NotContains(t, templates, s.Sel.Name, "%s/%s: makes the command 40 MB larger", folder, name)
			}
			return true
		})
	})
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3"},
		Deps:     []*debug.Module{{Path: "k8s.io/kubernetes", Version: "v1.37.2"}},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}}}
	assert.Equal(t, "v1.2.3 (commit abc, 2026-01-02T03:04:05Z, Kubernetes 1.37.2, go1.26.8)", versionOf(info))
	info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	assert.Contains(t, versionOf(info), "commit abc with changes")
	assert.Equal(t, "devel (go1.26.8)", versionOf(&debug.BuildInfo{GoVersion: "go1.26.8"}))

	out, _, code := rehearse(t, "version")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^rehearse version .+Kubernetes 1\.37\.2.*\n$`, out)
	again, _, code := rehearse(t, "--version")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, out, again)
}
