package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

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
	assert.Regexp(t, `^rehearse .+Kubernetes 1\.37\.2.*\n$`, out)
	again, _, code := rehearse(t, "--version")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, out, again)
}
