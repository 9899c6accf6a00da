package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"orrery/checker"
	"orrery/nemesis"
	"orrery/scenarios"
	"orrery/sim"
)

// reproVersion is the version of repro.json that is written, and the newest that is read.
//
// Version 2 can say which events may happen (only, omit), how far they may overtake each other
// (window_ns), and how many clients there are.
const reproVersion = 2

// repro is everything that a universe depends on, and what is expected of it: the
// contents of repro.json.
type repro struct {
	Orrery    string           `json:"orrery"` // "repro"
	Version   int              `json:"version"`
	Scenario  string           `json:"scenario"`
	Seed      uint64           `json:"seed"`
	Bug       string           `json:"bug,omitempty"`
	Nemesis   *[]string        `json:"nemesis,omitempty"` // families of faults; an empty list is none, and no list lets the seed choose
	Profile   string           `json:"profile,omitempty"`
	Ops       int              `json:"ops,omitempty"`
	Nodes     int              `json:"nodes,omitempty"`
	Clients   int              `json:"clients,omitempty"`
	Plan      *json.RawMessage `json:"plan,omitempty"`
	WindowNS  int64            `json:"window_ns,omitempty"` // how far events may overtake each other
	Omit      []sim.DrawID     `json:"omit,omitempty"`      // events that are left out
	Only      *[]sim.DrawID    `json:"only,omitempty"`      // the events that may happen; no list means all
	Overrides []sim.Override   `json:"overrides,omitempty"`
	Fork      *sim.Fork        `json:"fork,omitempty"`
	EventsMax uint64           `json:"events_max,omitempty"`
	Expect    expectation      `json:"expect"`
	By        string           `json:"by,omitempty"` // the program that wrote it
}

// expectation is what came of the universe when the file was written.
type expectation struct {
	Verdict  string `json:"verdict"`
	Property string `json:"property"`
	Detail   string `json:"detail,omitempty"`
	Hash     string `json:"hash"`
	Events   uint64 `json:"events"`
	Seq      uint64 `json:"violation_seq,omitempty"`
}

const (
	reproFile = "repro.json"
	traceFile = "trace.jsonl"
)

// newRepro describes a universe and what came of it.
func newRepro(s *scenarios.Scenario, o scenarios.Options, u *universe) (*repro, error) {
	r := &repro{
		Orrery: "repro", Version: reproVersion, By: versionLine(),
		Scenario: s.Name, Seed: o.Seed, Bug: o.Bug, Profile: o.Profile, Ops: o.Ops, Nodes: o.Nodes, Clients: o.Clients,
		WindowNS: int64(o.Window), Omit: o.Omit, Overrides: o.Overrides, Fork: o.Fork, EventsMax: o.EventsMax,
		Expect: expectation{
			Verdict: u.Verdict, Property: u.Property, Detail: u.Detail, Hash: u.Hash, Events: u.Events, Seq: u.Seq,
		},
	}
	if o.Nemesis != nil {
		r.Nemesis = &o.Nemesis
	}
	if o.Only != nil {
		r.Only = &o.Only
	}
	if o.Plan != nil {
		plan, err := json.Marshal(o.Plan)
		if err != nil {
			return nil, err
		}
		r.Plan = (*json.RawMessage)(&plan)
	}
	return r, nil
}

// subject is a universe that a file or the flags of a command mean.
type subject struct {
	scenario *scenarios.Scenario
	options  scenarios.Options
	expect   *expectation // nil if nothing is expected
	dir      string       // where repro.json lies; "" if it is from no file
	name     string       // as the user named it
	planFile string       // of the plan, if a flag gave one
}

// readRepro reads a repro.json, or the one in a directory. An error is one line with the file,
// the line and the field.
func (a *app) readRepro(path string) (*subject, error) {
	named := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, reproFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fileError(err)
	}
	var r repro
	if err := r.decode(path, data); err != nil {
		return nil, err
	}
	s, o, field, err := a.reproOptions(&r)
	if err != nil {
		return nil, wrongField(path, data, field, err)
	}
	return &subject{scenario: s, options: o, expect: &r.Expect, dir: filepath.Dir(path), name: named}, nil
}

// decode reads the file. What a newer version has may not be known here, so the version comes
// first.
func (r *repro) decode(path string, data []byte) error {
	var head struct {
		Orrery  string
		Version int
	}
	if err := json.Unmarshal(data, &head); err == nil {
		switch {
		case head.Orrery != "repro":
			return wrongField(path, data, "orrery", fmt.Errorf(`want "repro", not %q`, head.Orrery))
		case head.Version < 1:
			return wrongField(path, data, "version", fmt.Errorf("want a version from 1, not %d", head.Version))
		case head.Version > reproVersion:
			return wrongField(path, data, "version", fmt.Errorf("it is %d; this program reads up to %d", head.Version, reproVersion))
		}
	}
	return decodeStrictly(path, data, r)
}

// wrongField is an error about a field of a file, with the line on which it first stands.
func wrongField(path string, data []byte, field string, err error) error {
	key := field[strings.LastIndexByte(field, '.')+1:]
	before := data[:max(0, bytes.Index(data, []byte(`"`+key+`"`)))]
	return fmt.Errorf("%s:%d: %s: %w", path, 1+bytes.Count(before, []byte("\n")), field, err)
}

// reproOptions are the options that the file holds. Its names are checked as flags are; an
// error is about field.
func (a *app) reproOptions(r *repro) (s *scenarios.Scenario, o scenarios.Options, field string, err error) {
	o = scenarios.Options{
		Seed: r.Seed, Bug: r.Bug, Profile: r.Profile, Ops: r.Ops, Nodes: r.Nodes, Clients: r.Clients,
		Window: time.Duration(r.WindowNS), Omit: r.Omit, Overrides: r.Overrides, Fork: r.Fork, EventsMax: r.EventsMax,
	}
	if r.Only != nil {
		o.Only = *r.Only
	}
	if s, err = a.named(r.Scenario); err != nil {
		return nil, o, "scenario", err
	}
	if r.Bug != "" {
		if _, err := s.BugNamed(r.Bug); err != nil {
			return nil, o, "bug", err
		}
	}
	if r.Profile != "" {
		if err := checkProfile(r.Profile); err != nil {
			return nil, o, "profile", err
		}
	}
	if _, known := verdictNamed(r.Expect.Verdict); !known {
		return nil, o, "expect.verdict", fmt.Errorf("want ok, violated, unknown, vacuous or malformed, not %q", r.Expect.Verdict)
	}
	if r.Nemesis != nil {
		if o.Nemesis, err = parseFamilies(strings.Join(*r.Nemesis, ",")); err != nil {
			return nil, o, "nemesis", err
		}
	}
	if r.Plan != nil {
		plan, err := nemesis.ParsePlan("", *r.Plan)
		if err != nil {
			return nil, o, "plan", err
		}
		o.Plan = &plan
	}
	return s, o, "", nil
}

func verdictNamed(name string) (checker.Verdict, bool) {
	for v := checker.Holds; v <= checker.Violated; v++ {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}

// fileError says in one line, with the file first, why it could not be read.
func fileError(err error) error {
	var p *fs.PathError
	switch {
	case errors.As(err, &p) && errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", p.Path)
	case errors.As(err, &p):
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// decodeStrictly decodes the one JSON object that a file is into v, which points to a struct.
// An error names file, line and field, and says what was expected.
func decodeStrictly(path string, data []byte, v any) error {
	at := func(offset int64) string {
		line := 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
		return fmt.Sprintf("%s:%d", path, line)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: want one JSON object: %w", at(syntax.Offset), err)
	case errors.As(err, &kind):
		if kind.Field == "" {
			return fmt.Errorf("%s: want one JSON object, not %s", at(kind.Offset), valueWords(kind.Value))
		}
		return fmt.Errorf("%s: %s: want %s, not %s", at(kind.Offset), kind.Field, kindWords(kind.Type), valueWords(kind.Value))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: want one JSON object; the file ends too early", at(int64(len(data))))
	case err != nil:
		return fmt.Errorf("%s: %w", at(d.InputOffset()), unknownField(err, reflect.TypeOf(v).Elem()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: want nothing after the JSON object", at(d.InputOffset()))
	}
	return nil
}

// unknownField makes of encoding/json's complaint about a field one with those that come near.
func unknownField(err error, t reflect.Type) error {
	name, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	if !ok {
		return err
	}
	return scenarios.Unknown("field", strings.Trim(name, `"`), fieldNames(t))
}

// fieldNames are the names that the fields of a struct, and of structs in it, have in JSON.
func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
		if f.Type.Kind() == reflect.Struct {
			names = append(names, fieldNames(f.Type)...)
		}
	}
	return names
}

// valueWords says what a JSON value is, from encoding/json's word for it.
func valueWords(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		return number
	}
	if strings.HasPrefix(value, "array") || strings.HasPrefix(value, "object") {
		return "an " + value
	}
	return "a " + value
}

// kindWords says what a JSON value must be to become a t.
func kindWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Uint64:
		return "a whole number from 0"
	}
	return "a whole number"
}
