package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"orrery/trace"
	"orrery/viewer"
)

// readTrace reads a trace that is to be drawn as it is. One that another program has written is
// imported; so is one of ours that is of a newer version or has kinds that are not known here, and for a page one that
// is damaged in any other way. What could not be read is said.
func (a *app) readTrace(path string, page bool) (*picture, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fileError(err)
	}
	defer in.Close()
	if page || !isOurs(path) {
		return a.importTrace(in, path, page)
	}
	h, events, err := trace.ReadAll(in, path)
	switch {
	case errors.Is(err, trace.ErrTruncated) && len(events) > 0:
		fmt.Fprintln(a.err, "orrery:", oneLine(err.Error()), "· here is what can be read")
	case isUnknown(err):
		if _, again := in.Seek(0, io.SeekStart); again != nil {
			return nil, err
		}
		p, nothing := a.importTrace(in, path, page)
		if nothing != nil {
			return nil, err // it says more
		}
		return p, nil
	case err != nil:
		return nil, err
	}
	return a.tracePicture(path, h, events, nil), nil
}

// isUnknown tells of an error that says that a trace has what only a newer program knows.
func isUnknown(err error) bool {
	var newer *trace.VersionError
	var syntax *trace.SyntaxError
	return errors.As(err, &newer) || errors.As(err, &syntax) && syntax.Field == "k"
}

// importTrace reads a trace as far as it goes. A page says itself what could not be read.
func (a *app) importTrace(in io.Reader, path string, page bool) (*picture, error) {
	found, err := trace.Import(in, path)
	if err != nil {
		return nil, err
	}
	if !page {
		for _, w := range found.Warnings {
			fmt.Fprintln(a.err, "orrery:", path+":", w)
		}
	}
	return a.tracePicture(path, found.Header, found.Events, found.Warnings), nil
}

// tracePicture is what can be shown of a trace. A scenario that is not known here is shown without its own words.
func (a *app) tracePicture(path string, h trace.Header, events []trace.Event, warnings []string) *picture {
	p := &picture{title: fmt.Sprintf("%s, seed %d", cmp.Or(h.Scenario, path), h.Seed), events: events, header: h, plot: plot{events: events}}
	if h.Hash != "" {
		p.title += ", hash " + h.Hash
	}
	if h.Property != "" {
		p.title = "VIOLATED " + h.Property + ": " + p.title
	}
	p.page = &viewer.Page{
		Title: cmp.Or(h.Scenario, path), Scenario: h.Scenario, Seed: h.Seed, Hash: h.Hash, Property: h.Property,
		By: h.Meta["by"], Events: events, Warnings: warnings,
	}
	if h.Property != "" {
		p.page.Verdict = "violated"
	}
	if s, err := a.named(h.Scenario); err == nil {
		p.scenario, p.plot.story.Describe = s, describe(s)
		p.page.Describe = p.plot.story.Describe
	}
	return p
}

// isOurs tells by a file's first bytes whether it is meant to be a trace of ours.
func isOurs(path string) bool {
	in, err := os.Open(path)
	if err != nil {
		return false
	}
	defer in.Close()
	start := make([]byte, 512)
	n, _ := io.ReadFull(in, start)
	d := json.NewDecoder(bytes.NewReader(start[:n]))
	for _, want := range []json.Token{json.Delim('{'), "orrery", "trace"} {
		if got, err := d.Token(); err != nil || got != want {
			return false
		}
	}
	return true
}
