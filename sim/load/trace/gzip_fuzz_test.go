package trace

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// A gzipped trace, whole or not, is read or has a fault; what is read comes in
// order.
func FuzzGzippedTrace(f *testing.F) {
	for _, text := range []string{"t\n0\n1\n", "#\n#\n1\n", "{\"timestamp\": 0}\n", "0,1,1,Gamma,1,1\n600,0,0,,0,0\n"} {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
			f.Fatal(err)
		}
		f.Add(zipped.Bytes())
		f.Add(zipped.Bytes()[:zipped.Len()-4])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		recorded, err := New("t.gz", open, Options{Stretch: 1, RateScale: 1})
		if err != nil {
			return
		}
		played, err := recorded.Open(nil)
		if err != nil {
			t.Fatalf("found good, but %s", err)
		}
		defer played.Close()
		var last sim.Time
		for {
			var a load.Arrival
			if err := played.Next(&a); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("found good, but %s", err)
			}
			if a.At < last {
				t.Fatalf("%s after %s", a.At, last)
			}
			last = a.At
		}
	})
}
