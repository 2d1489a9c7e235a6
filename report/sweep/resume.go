package sweep

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Resume reads the file of a sweep that was stopped: how many settings it has, and how
// many bytes of it stay. What follows is the rest of a line that was being written, or, in
// CSV, the rows of a setting that may lack some. An empty file has none. The error says
// that the file is of something else.
func (h Head) Resume(f Format, in io.Reader) (settings int, stay int64, err error) {
	r := bufio.NewReader(in)
	head := h.Line(f)
	first, err := r.ReadBytes('\n')
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return 0, 0, err
	case errors.Is(err, io.EOF) && bytes.HasPrefix(head, first):
		return 0, 0, nil
	case !bytes.Equal(first, head):
		return 0, 0, errors.New("must be new or of this sweep, got the file of another one or of something else")
	}
	stay = int64(len(head))
	if f == CSV {
		return h.resumeCSV(r, stay)
	}
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return settings, stay, nil
		}
		if err != nil {
			return 0, 0, err
		}
		var c struct {
			Setting *int `json:"setting"`
		}
		if json.Unmarshal(line, &c) != nil || c.Setting == nil || *c.Setting != settings || settings == h.Settings {
			return 0, 0, fmt.Errorf("line %d: must be setting %d of this sweep", settings+2, settings)
		}
		settings++
		stay += int64(len(line))
	}
}

func (h Head) resumeCSV(r *bufio.Reader, stay int64) (settings int, last int64, err error) {
	at := stay // where the line begins that is read
	last = stay
	for n := 2; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return max(0, settings-1), last, nil
		}
		if err != nil {
			return 0, 0, err
		}
		row, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil || len(row) < 2 || row[0] != h.Sweep {
			return 0, 0, fmt.Errorf("line %d: must be of this sweep", n)
		}
		switch setting, err := strconv.Atoi(row[1]); {
		case err == nil && setting == settings && settings < h.Settings:
			settings, last = settings+1, at
		case err != nil || setting != settings-1:
			return 0, 0, fmt.Errorf("line %d: must be of setting %d of this sweep", n, max(0, settings-1))
		}
		at += int64(len(line))
	}
}
