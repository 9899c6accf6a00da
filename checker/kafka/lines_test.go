package kafka_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/kafka"
)

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	for _, tc := range anomalies {
		var b bytes.Buffer
		require.NoError(t, WriteHistory(&b, tc.h))
		again, err := ReadHistory(&b, "h")
		require.NoError(t, err)
		require.Equal(t, Check(tc.h, tc.opt), Check(again, tc.opt))
	}
}

func TestWhatIsNotSaidIsNotAssumed(t *testing.T) {
	h, err := ReadHistory(strings.NewReader(`{"process":1,"f":"work","status":"info","mops":[{"send":true,"partition":"p","value":7}],"invoke":1}`), "h")
	require.NoError(t, err)
	require.Equal(t, []Op{{Process: 1, F: Work, Mops: []Mop{Send("p", 7, NoOffset)}, Invoke: 1, Return: checker.Never}}, h)
	for _, text := range []string{`{"f":"think"}`, `{"mops":[{"key":1}]}`, `{"partition":1}`} {
		_, err := ReadHistory(strings.NewReader(text), "h")
		require.ErrorContains(t, err, "h:1: want one operation")
	}
	require.Error(t, WriteHistory(&bytes.Buffer{}, []Op{{}}))
}

func FuzzReadHistory(f *testing.F) {
	for _, tc := range anomalies {
		var b bytes.Buffer
		require.NoError(f, WriteHistory(&b, tc.h))
		f.Add(b.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadHistory(strings.NewReader(text), "f")
		if err != nil {
			require.False(t, strings.ContainsAny(err.Error(), "\n\r"), err)
			return
		}
		one := Check(h, Options{Final: true, WW: true})
		require.NotZero(t, one.Verdict)
		require.Equal(t, one, Check(h, Options{Final: true, WW: true}))
	})
}
