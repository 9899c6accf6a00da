package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"orrery/explore/findings"
)

// The parts of a JUnit file, as the CI systems read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitMessage `xml:"failure"`
		Skipped   *junitMessage `xml:"skipped"`
		Output    string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junitXML is what came of the hunt as a JUnit file: a suite for each scenario, in which the campaign is a test and each
// finding is one. A campaign of which nothing can be said is skipped.
func (h *hunt) junitXML(elapsed time.Duration) []byte {
	all := junitSuites{Time: junitTime(elapsed)}
	for _, l := range h.legs {
		s := junitSuite{Name: l.scenario.Name, Time: junitTime(elapsed), Timestamp: h.began.UTC().Format("2006-01-02T15:04:05")}
		s.Cases = append(s.Cases, l.junitCampaign(elapsed))
		for i := range h.found {
			if f := &h.found[i]; f.Scenario == l.scenario.Name {
				s.Cases = append(s.Cases, junitFinding(f))
			}
		}
		for _, c := range s.Cases {
			s.Tests++
			if c.Failure != nil {
				s.Failures++
			}
			if c.Skipped != nil {
				s.Skipped++
			}
		}
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("a JUnit file of strings and numbers: %v", err))
	}
	return append([]byte(xml.Header), append(text, '\n')...)
}

// junitCampaign is the campaign as a test.
func (l *leg) junitCampaign(elapsed time.Duration) junitCase {
	t := l.tally
	c := junitCase{Name: "campaign of " + l.spec, ClassName: l.scenario.Name, Time: junitTime(elapsed)}
	bit, never := t.faultWords()
	lines := []string{
		fmt.Sprintf("%s, executions %d to %d; %s", l.id, l.from, l.stored.Done, l.endingWords()),
		"verdicts: " + t.verdictWords(), "operations: " + t.operationWords(), "by kind: " + t.kindWords(),
		"faults: " + bit, "never bit: " + never, "checks: " + t.checkWords(), "never reached: " + listed(l.neverReached()),
	}
	c.Output = strings.Join(lines, "\n")
	switch {
	case t.status() == exitViolated:
		c.Failure = &junitMessage{Message: t.verdictWords(), Type: "violated", Text: "the findings are tests of their own"}
	case t.status() == exitUnknown:
		c.Skipped = &junitMessage{Message: "nothing can be said: " + t.verdictWords()}
	}
	return c
}

// junitFinding is a finding as a test: it fails while the property is violated.
func junitFinding(f *found) junitCase {
	c := junitCase{Name: fmt.Sprintf("%s %s: needs %s", f.ID, f.Property, f.Signature), ClassName: f.Scenario, Time: junitTime(0)}
	switch {
	case f.violated:
		text := f.story
		if text == "" {
			text = "orrery findings show " + f.ID
		}
		c.Failure = &junitMessage{Message: fmt.Sprintf("%s (%s): %s", f.Property, f.State, oneLine(f.Detail)), Type: f.Property, Text: text}
	case f.State == findings.Gone:
		c.Output = "gone: its replay does not violate the property any more"
	}
	return c
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
