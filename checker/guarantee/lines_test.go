package guarantee_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/guarantee"
)

func TestLinesAreReadBackAsTheyWereWritten(t *testing.T) {
	h := []SetOp{add("1", ok, 1, 2), add("2", maybe, 1, 2), all(3, 4, "1"), {Client: "c", Read: true, Call: 9, Ret: checker.Never}}
	var b bytes.Buffer
	require.NoError(t, WriteLines(&b, "set", h))
	require.Contains(t, b.String(), `{"client":"c1","element":"1","status":"ok","call":1,"ret":2}`)
	again, err := ReadLines[SetOp](&b, "h.jsonl", "set")
	require.NoError(t, err)
	require.Equal(t, h, again)
}

func TestErrorsNameFileAndLine(t *testing.T) {
	for text, want := range map[string]string{
		"{}\n[1]":                        `h.jsonl:2: want one operation as a JSON object (cannot unmarshal array into Go value of type guarantee.SetOp), got [1]`,
		`{"format":"queue","version":1}`: `h.jsonl:1: format: want "set", version 1, got {"format":"queue","version":1}`,
		`{"format":"set","version":2}`:   `h.jsonl:1: format: want "set", version 1, got {"format":"set","version":2}`,
		`{"colour":"red"}`:               `h.jsonl:1: want one operation as a JSON object (unknown field "colour"), got {"colour":"red"}`,
		`{"client":"a"} {"client":"b"}`:  `h.jsonl:1: want one operation and nothing behind it, got {"client":"a"} {"client":"b"}`,
		"\n\n{\"status\":\"perhaps\"}":   `h.jsonl:3: want one operation as a JSON object (checker: no status "perhaps": want one of maybe, ok, fail, mismatch), got {"status":"perhaps"}`,
		`{"client":7}`:                   `h.jsonl:1: want one operation as a JSON object (cannot unmarshal number into Go struct field SetOp.client of type string), got {"client":7}`,
	} {
		_, err := ReadLines[SetOp](strings.NewReader(text), "h.jsonl", "set")
		require.EqualError(t, err, want)
		var syntax *checker.SyntaxError
		require.ErrorAs(t, err, &syntax)
	}
}

func FuzzReadLines(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, WriteLines(&b, "set", []SetOp{add("1", ok, 1, 2), all(3, 4, "1")}))
	f.Add(b.String())
	f.Add(`{"status":"info"}`)
	f.Add("{\"format\":\"set\"}\n{")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadLines[SetOp](strings.NewReader(text), "f", "set")
		if err != nil {
			require.False(t, strings.ContainsAny(err.Error(), "\n\r"), err)
			return
		}
		for i := range h {
			if h[i].Status == checker.Mismatch {
				return
			}
		}
		var b bytes.Buffer
		require.NoError(t, WriteLines(&b, "set", h))
		again, err := ReadLines[SetOp](&b, "f", "set")
		require.NoError(t, err)
		require.Len(t, again, len(h))
		one, two := Set(h, SetOptions{}), Set(again, SetOptions{})
		require.Equal(t, one.Verdict, two.Verdict)
		require.Equal(t, one.Count, two.Count)
	})
}
