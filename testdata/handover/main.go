// Command handover is what a shell of the tests finds under the name rehearse. It hands
// its arguments, its folder and its streams to a process in which the command is
// already running, at the socket REHEARSE_AT, and ends with the code that it gets back.
// A start of rehearse takes a tenth of a second, a start of this a hundredth of that.
//
//	handover -> server   folder NUL argument NUL argument ..., with descriptors 0, 1, 2
//	server -> handover   one byte, the exit code; none when the server died
package main

import (
	"os"
	"strings"
	"syscall"
)

// died is the exit code when no answer comes.
const died = 70

func main() {
	folder, err := os.Getwd()
	if err != nil {
		os.Exit(died)
	}
	os.Exit(ask(os.Getenv("REHEARSE_AT"), strings.Join(append([]string{folder}, os.Args[1:]...), "\x00")))
}

// ask sends a request to the server at a socket and returns the exit code.
func ask(socket, request string) int {
	s, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil || syscall.Connect(s, &syscall.SockaddrUnix{Name: socket}) != nil {
		return died
	}
	if syscall.Sendmsg(s, []byte(request[:1]), syscall.UnixRights(0, 1, 2), nil, 0) != nil {
		return died
	}
	for rest := []byte(request[1:]); len(rest) > 0; {
		n, err := syscall.Write(s, rest)
		if err != nil {
			return died
		}
		rest = rest[n:]
	}
	if syscall.Shutdown(s, syscall.SHUT_WR) != nil {
		return died
	}
	code := make([]byte, 1)
	if n, err := syscall.Read(s, code); err != nil || n == 0 {
		return died
	}
	return int(code[0])
}
