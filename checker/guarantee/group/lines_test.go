package group_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/group"
)

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, guarantee.WriteLines(&b, "orrery-group", base))
	again, err := guarantee.ReadLines[Event](&b, "h", "orrery-group")
	require.NoError(t, err)
	require.Equal(t, base, again)
	_, err = guarantee.ReadLines[Event](strings.NewReader(`{"kind":"dance"}`), "h", "orrery-group")
	require.ErrorContains(t, err, `"dance": want one of`)
	require.Error(t, guarantee.WriteLines(&b, "orrery-group", []Event{{}}))
}
