package page

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr,omitempty"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
	Output   string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
	Skipped *junitFailure `xml:"skipped"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results in the XML form that CI servers read: one
// testsuite a scenario, one testcase an expectation. A run that was
// stopped is an error of its suite, and what holds in the replications that are
// complete counts as skipped. The findings are its output. Scenarios that have no
// result are suites of one error.
func WriteJUnit(w io.Writer, results []*result.Result, without ...Unfinished) error {
	var all junitSuites
	for _, r := range results {
		s := junitSuiteOf(r)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
		all.Suites = append(all.Suites, s)
	}
	for _, u := range without {
		all.Tests, all.Errors = all.Tests+1, all.Errors+1
		all.Suites = append(all.Suites, u.junitSuite())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Unfinished is a scenario without a result, and why: a fault in its file, or of
// its run.
type Unfinished struct {
	File string
	Err  error
}

func (u Unfinished) junitSuite() junitSuite {
	why, rest, _ := strings.Cut(u.Err.Error(), "\n")
	return junitSuite{Name: u.File, Tests: 1, Errors: 1, Cases: []junitCase{{
		Class: u.File, Name: "the scenario has a result", File: u.File,
		Error: &junitFailure{Message: why, Text: rest},
	}}}
}

func junitSuiteOf(r *result.Result) junitSuite {
	s := junitSuite{Name: r.Scenario}
	complete := junitCase{Class: r.Scenario, Name: "all replications are complete"}
	how := fmt.Sprintf("%s: %d of %s complete", stopped(r.Verdict), r.Completed,
		words.CountOf(r.Replications, "replication"))
	if !r.Verdict.Complete {
		s.Errors = 1
		complete.Error = &junitFailure{Message: how, Text: r.Verdict.Interrupted}
	}
	s.Cases = append(s.Cases, complete)
	for _, e := range r.Verdict.Expectations {
		c := checkOf(e, r)
		file, _, _ := strings.Cut(e.Source, ":")
		one := junitCase{Class: r.Scenario, Name: c.bound, File: file}
		if c.mark == fail {
			s.Failures++
			message := "no value"
			if c.measured != "" {
				message = "measured " + c.measured
			}
			one.Failure = &junitFailure{Message: message, Text: c.more}
		} else if c.mark != pass {
			s.Skipped++
			one.Skipped = &junitFailure{Message: how}
		}
		s.Cases = append(s.Cases, one)
	}
	s.Tests = len(s.Cases)
	if len(r.Findings) > 0 {
		s.Output = strings.Join(findingSection(r.Findings).parts[0].list, "\n")
	}
	return s
}
