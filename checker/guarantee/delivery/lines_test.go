package delivery_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/delivery"
)

func TestHistoriesAreReadBackAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	ops := []Op{sent("m", ok), effect("m", maybe)}
	require.NoError(t, guarantee.WriteLines(&b, "orrery-delivery", ops))
	again, err := guarantee.ReadLines[Op](&b, "h", "orrery-delivery")
	require.NoError(t, err)
	require.Equal(t, ops, again)

	trees := []TreeEvent{step(Emit, "r", ""), step(Anchor, "r", "a"), step(Fail, "r", "")}
	require.NoError(t, guarantee.WriteLines(&b, "orrery-trees", trees))
	events, err := guarantee.ReadLines[TreeEvent](&b, "h", "orrery-trees")
	require.NoError(t, err)
	require.Equal(t, trees, events)
}
