package render

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// one lets one folder be rendered at a time: kustomize keeps the schema of the objects
// in a variable, and both libraries write what they warn of to the standard logger.
var one sync.Mutex

// alone calls f while nothing else is rendered, and returns what the libraries warn of,
// one line each. No connection can be opened meanwhile: kustomize fetches by the
// standard transport what a plug-in's settings name by URL.
func alone(f func()) (warnings []string) {
	one.Lock()
	defer one.Unlock()
	var told bytes.Buffer
	flags, transport := log.Flags(), http.DefaultTransport
	log.SetFlags(0)
	log.SetOutput(&told)
	http.DefaultTransport = refusing{}
	defer func() {
		http.DefaultTransport = transport
		log.SetOutput(stderr)
		log.SetFlags(flags)
		for line := range strings.Lines(told.String()) {
			line = strings.TrimSpace(line)
			if line != "" && len(warnings) < mostWarnings && !slices.Contains(warnings, line) {
				warnings = append(warnings, line)
			}
		}
	}()
	f()
	return nil
}

// mostWarnings is how many warnings of one folder are told.
const mostWarnings = 20

// stderr is where the standard logger writes.
var stderr io.Writer = log.Writer()

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is fetched: rehearse opens no connection")
}
