package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serveAt is the variable of the environment with which the binary of the tests is
// started as a server: the socket at which it waits for command lines.
const serveAt = "REHEARSE_SERVE_AT"

// handoverTo is the variable in which testdata/handover finds the socket.
const handoverTo = "REHEARSE_AT"

// heldAtMost is how much memory a server holds when the next command line begins, bytes.
const heldAtMost = 200 << 20

// commandName is the name under which the binary of the tests is the command: it has all of
// it, and to link it once more takes as long as many tests.
const commandName = "rehearse"

// builtCommands are the paths of built commands.
type builtCommands struct{ rehearse, handover string }

var commandsFolder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "rehearse-commands-") })

var buildCommands = sync.OnceValues(func() (builtCommands, error) {
	folder, err := commandsFolder()
	if err != nil {
		return builtCommands{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return builtCommands{}, err
	}
	c := builtCommands{rehearse: filepath.Join(folder, commandName), handover: filepath.Join(folder, "handover")}
	if err := os.Symlink(self, c.rehearse); err != nil {
		return builtCommands{}, err
	}
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", c.handover, "./testdata/handover")
	if out, err := build.CombinedOutput(); err != nil {
		return c, fmt.Errorf("%w: %s", err, out)
	}
	return c, nil
})

// built has the command and builds what hands over to a server, once.
func built(t *testing.T) builtCommands {
	t.Helper()
	c, err := buildCommands()
	require.NoError(t, err)
	return c
}

// commandServer is a process of its own that runs the command lines of testdata/handover one
// after the other, without a start of the command for each.
type commandServer struct {
	process *exec.Cmd
	socket  string
	told    bytes.Buffer // its standard error
}

// newCommandServer starts a server with an address space of some KiB.
func newCommandServer(t *testing.T, addressSpace int) *commandServer {
	t.Helper()
	folder := t.TempDir()
	s := &commandServer{socket: filepath.Join(folder, "s")}
	self, err := os.Executable()
	require.NoError(t, err)
	s.process = exec.Command("bash", "-c", fmt.Sprintf(`ulimit -v %d; exec "$0"`, addressSpace), self)
	s.process.Env = append(os.Environ(), serveAt+"="+s.socket)
	s.process.Stderr = &s.told
	require.NoError(t, s.process.Start())
	t.Cleanup(func() {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		if t.Failed() && s.told.Len() > 0 {
			t.Log(s.told.String())
		}
	})
	require.Eventually(t, func() bool { _, err := os.Stat(s.socket); return err == nil }, time.Minute,
		time.Millisecond, "the server does not start")
	return s
}

// resetPeak begins to measure the most memory that the server has anew.
func (s *commandServer) resetPeak(t *testing.T) {
	t.Helper()
	require.NoError(t, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.Process.Pid), []byte("5"), 0))
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that the server had since resetPeak, KiB.
func (s *commandServer) peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	require.NoError(t, err)
	m := highWater.FindSubmatch(status)
	require.NotNil(t, m, "the server died: %s", s.told.String())
	peak, err := strconv.ParseInt(string(m[1]), 10, 64)
	require.NoError(t, err)
	return peak
}

// serveCommands runs the command lines that come to a socket, for ever.
func serveCommands(socket string) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	for err == nil {
		var c *net.UnixConn
		if c, err = listener.AcceptUnix(); err == nil {
			go runFor(c) // one of a pipeline may wait for another
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// runFor runs the command line of a connection.
func runFor(c *net.UnixConn) {
	defer c.Close()
	if usedMemory() > heldAtMost {
		debug.FreeOSMemory()
	}
	folder, arguments, streams, err := commandLine(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	code := Main(context.Background(), arguments, Streams{In: streams[0], Out: streams[1], Err: streams[2]})
	for _, s := range streams {
		_ = s.Close()
	}
	if _, err := c.Write([]byte{byte(code)}); err != nil {
		fmt.Fprintln(os.Stderr, folder, err)
	}
}

// commandLine reads a command line with its streams, and goes to its folder.
func commandLine(c *net.UnixConn) (folder string, arguments []string, streams []*os.File, err error) {
	first, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(3*4))
	_, n, _, _, err := c.ReadMsgUnix(first, rights)
	if err != nil {
		return "", nil, nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return "", nil, nil, fmt.Errorf("%d messages: %w", len(messages), err)
	}
	descriptors, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return "", nil, nil, err
	}
	for i, d := range descriptors {
		syscall.CloseOnExec(d)
		streams = append(streams, os.NewFile(uintptr(d), []string{"stdin", "stdout", "stderr"}[i]))
	}
	rest, err := io.ReadAll(c)
	if err != nil {
		return "", nil, nil, err
	}
	all := strings.Split(string(first)+string(rest), "\x00")
	return all[0], all[1:], streams, os.Chdir(all[0])
}
