package commit_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/commit"
)

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, guarantee.WriteLines(&b, "orrery-commit", cases[0].run.Events))
	again, err := guarantee.ReadLines[Event](&b, "h", "orrery-commit")
	require.NoError(t, err)
	require.Equal(t, cases[0].run.Events, again)
	_, err = guarantee.ReadLines[Event](strings.NewReader(`{"kind":"dance"}`), "h", "orrery-commit")
	require.ErrorContains(t, err, `"dance": want one of`)
	require.Error(t, guarantee.WriteLines(&b, "orrery-commit", []Event{{}}))
}
