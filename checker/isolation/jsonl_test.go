package isolation_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

func TestErrorsNameFileLineFieldAndWhatIsWanted(t *testing.T) {
	const good = `{"process":0,"type":"ok","mops":[["append","x",1]],"invoke":1,"return":2}` + "\n"
	for text, want := range map[string]string{
		"[]":                                     `h.jsonl:1: want one JSON object on the line, got []`,
		`{"format":"x"}`:                         `h.jsonl:1: format: want "orrery-transactions", got "x"`,
		`{"type":"maybe"}`:                       `h.jsonl:1: type: want "ok", "fail" or "info", got "maybe"`,
		good + `{"type":"ok"}`:                   `h.jsonl:2: process: want an integer`,
		`{"type":"ok","process":1}`:              `h.jsonl:1: invoke: want an integer`,
		`{"type":"info","process":1,"invoke":1}`: `h.jsonl:1: mops: want an array of micro-operations, as [["append","x",1],["r","x",[1]]]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["r","x"]]}`:                  `h.jsonl:1: mops[0]: want ["append" or "r" or "w", key, value], got ["r","x"]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["r","x",null],["cas",1,2]]}`: `h.jsonl:1: mops[1]: want "append", "r" or "w", got ["cas",1,2]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["w","x","1"]]}`:              `h.jsonl:1: mops[0]: want an integer to write, got ["w","x","1"]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["r","x",["1"]]]}`:            `h.jsonl:1: mops[0]: want an array of integers, got ["r","x",["1"]]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["r","x",{}]]}`:               `h.jsonl:1: mops[0]: want an array of integers, an integer or null, got ["r","x",{}]`,
		`{"type":"info","process":1,"invoke":1,"mops":[["r",null,1]]}`:               `h.jsonl:1: mops[0]: want a key that is a string or an integer, got ["r",null,1]`,
		good + `{"id":7,"type":"info","process":1,"invoke":1,"mops":[]}`:             `h.jsonl:2: id: want an id in every line or in none, got 7`,
		good + `{"type":"info","process":0,"invoke":1,"mops":[]}`:                    `h.jsonl:2: want a well-formed history, got it was invoked at 1 by process 0, which was busy with T0 until 2`,
		good + "\n" + `{"type":"info","process":5,"invoke":1,"mops":[["w","x",1]]}`:  `h.jsonl:3: want a well-formed history, got "w x 1": a history has either lists or registers, not both`,
		`{"format":"orrery-transactions","version":2}`:                               `h.jsonl:1: version: want version 1, got 2`,
	} {
		_, err := ReadHistory(strings.NewReader(text), "h.jsonl")
		require.EqualError(t, err, want)
		var syntax *checker.SyntaxError
		require.ErrorAs(t, err, &syntax)
	}
}

func TestReadsOfNothingAreOfWhatTheHistoryIsOf(t *testing.T) {
	h, err := ReadHistory(strings.NewReader(`{"process":0,"type":"ok","mops":[["r",7,null]],"invoke":1,"return":2}
{"process":0,"type":"ok","mops":[["append",7,1]],"invoke":3,"return":4}`), "h")
	require.NoError(t, err)
	require.Equal(t, []Mop{Read("7")}, h[0].Mops)
	h, err = ReadHistory(strings.NewReader(`{"process":0,"type":"ok","mops":[["r",7,null]],"invoke":1,"return":2}`), "h")
	require.NoError(t, err)
	require.Equal(t, []Mop{ReadUnset("7")}, h[0].Mops)
}

func FuzzReadHistory(f *testing.F) {
	var b bytes.Buffer
	for _, tc := range anomalies {
		b.Reset()
		require.NoError(f, WriteHistory(&b, tc.h))
		f.Add(b.String())
	}
	f.Add(`{"process":0,"type":"ok","mops":[["r",7,null]],"invoke":1,"return":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadHistory(strings.NewReader(text), "f")
		if err != nil {
			require.False(t, strings.ContainsAny(err.Error(), "\n\r"), err)
			return
		}
		var b bytes.Buffer
		require.NoError(t, WriteHistory(&b, h))
		again, err := ReadHistory(&b, "f")
		require.NoError(t, err)
		require.Len(t, again, len(h))
		one, two := Check(h, Options{}), Check(again, Options{})
		require.NotEqual(t, checker.Malformed, one.Verdict)
		require.Equal(t, one, two)
	})
}
