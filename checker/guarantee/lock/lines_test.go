package lock_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/lock"
)

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, guarantee.WriteLines(&b, "orrery-lock", inTurn))
	again, err := guarantee.ReadLines[Op](&b, "h", "orrery-lock")
	require.NoError(t, err)
	require.Equal(t, inTurn, again)
	_, err = guarantee.ReadLines[Op](strings.NewReader(`{"kind":"dance"}`), "h", "orrery-lock")
	require.ErrorContains(t, err, `"dance": want one of`)
	require.Error(t, guarantee.WriteLines(&b, "orrery-lock", []Op{{}}))
}
