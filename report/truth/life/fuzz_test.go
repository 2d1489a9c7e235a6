package life_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/truth/life"
)

// A recording of a kubelet is refused with its line, or what is written of it is read
// as the same.
func FuzzReadLives(f *testing.F) {
	const head = `{"schema":"rehearse.dev/pod-lives/v1alpha1"}` + "\n"
	for _, text := range []string{
		"", head, head + `{"run":1,"t":1,"kind":"bound","pod":0}`, head + `{"run":1,"t":1e400,"kind":"bound","pod":0}`,
		head + strings.Repeat(`{"run":1,"t":1,"kind":"created","pod":0}`+"\n", 300),
		`{"rel":0,"kind":"LOG","name":"p"}` + "\n" + `{"rel":1,"kind":"Pod","type":"ADDED","name":"p","uid":"u","rv":"7"}`,
		`{"rel":1,"kind":"LOG","name":"` + strings.Repeat("p", 100_000) + `"}`,
		strings.Repeat("[", 20_000), "\x1f\x8b", "\x1f\x8b\x08\x00",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		recorded, err := life.Read("r", bytes.NewReader(data))
		if err != nil {
			require.Regexp(t, `^r:(\d+:)? `, err.Error())
			return
		}
		var written, again bytes.Buffer
		require.NoError(t, recorded.Write(&written))
		reread, err := life.Read("w", bytes.NewReader(written.Bytes()))
		require.NoError(t, err, written.String())
		require.NoError(t, reread.Write(&again))
		require.Equal(t, written.String(), again.String())
	})
}
