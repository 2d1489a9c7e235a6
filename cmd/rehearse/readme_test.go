package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the outputs of the documented commands into the documents")

// TestDocumentedCommands runs the commands of the console blocks and holds
// that they print what the documents say.
func TestDocumentedCommands(t *testing.T) {
	for _, file := range []string{"README.md", "docs/scenarios.md", "docs/results.md", "docs/truth.md",
		"docs/real-manifests.md", "docs/volumes.md", "docs/devices.md", "docs/plan.md", "docs/rollout.md", "docs/compare.md",
		"docs/storage.md", "docs/sweep.md"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			shown := string(data)
			actual, commands := replay(t, shown)
			require.Positive(t, commands, "no console block in %s", file)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(actual), 0o644))
				return
			}
			assert.Equal(t, actual, shown, "run go test ./cmd/... -update and read the difference")
		})
	}
}

// replay returns the document with the outputs of its console blocks made anew.
func replay(t *testing.T, document string) (string, int) {
	var b strings.Builder
	commands := 0
	inBlock := false
	for _, line := range strings.SplitAfter(document, "\n") {
		text := strings.TrimSuffix(line, "\n")
		switch {
		case text == "```console":
			inBlock = true
		case inBlock && text == "```":
			inBlock = false
		case inBlock && strings.HasPrefix(text, "$ "):
			commands++
			b.WriteString(line)
			command := strings.TrimPrefix(strings.TrimPrefix(text, "$ "), "go run ./cmd/")
			command, failed := strings.CutSuffix(command, "  # exit 1")
			arguments := strings.Fields(command)
			require.Equal(t, "rehearse", arguments[0], text)
			folder := t.TempDir()
			for i, flag := range arguments[:len(arguments)-1] {
				if flag == "--out" {
					arguments[i+1] = filepath.Join(folder, arguments[i+1])
				}
			}
			out, diagnostics, code := rehearse(t, arguments[1:]...)
			out = strings.ReplaceAll(out, folder+"/", "")
			require.Equal(t, map[bool]int{false: exitOK, true: exitFailed}[failed], code, "%s\n%s", text, diagnostics)
			b.WriteString(out)
			continue
		case inBlock:
			continue // the output as it is shown
		}
		b.WriteString(line)
	}
	return b.String(), commands
}

// TestScenarioReference holds that the scenario of the documentation is valid,
// with the smallest files that it can name.
func TestScenarioReference(t *testing.T) {
	data, err := os.ReadFile("docs/scenarios.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(data), "```yaml\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat, namespace: chat}\nspec:\n  selector: {matchLabels: {app: chat}}\n  template:\n" +
		"    metadata: {labels: {app: chat}}\n    spec: {containers: [{name: server, image: 'chat:1', lifecycle: {preStop: {exec: {command: [/drain]}}, postStart: {exec: {command: [/warm]}}}}]}\n"
	folder := t.TempDir()
	for name, text := range map[string]string{
		"chat.yaml":     example,
		"k8s-v2/d.yaml": deployment,
		"k8s/d.yaml": deployment +
			"---\napiVersion: v1\nkind: Service\nmetadata: {name: chat, namespace: chat}\nspec: {selector: {app: chat}, ports: [{port: 80}]}\n" +
			"---\napiVersion: v1\nkind: Pod\nmetadata: {name: chat-0, namespace: chat}\nspec: {containers: [{name: c, image: i}]}\n",
		"nodes.yaml":            "apiVersion: v1\nkind: Node\nmetadata: {name: extra}\nstatus: {allocatable: {cpu: 4, memory: 8Gi}}\n",
		"scheduler-config.yaml": "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
	} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	_, diagnostics, code := rehearse(t, "validate", filepath.Join(folder, "chat.yaml"))
	assert.Equal(t, exitOK, code, diagnostics)
}
