package explore

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeedsPrintAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]Seeds{
		"14":                     {14, 14},
		"1-300":                  {1, 300},
		"0-0":                    {0, 0},
		"0-18446744073709551615": {0, math.MaxUint64},
	} {
		got, err := ParseSeeds(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		again, err := ParseSeeds(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	hex, err := ParseSeeds("0x0e-0xff")
	require.NoError(t, err)
	require.Equal(t, Seeds{14, 255}, hex)
}

func TestAnImpossibleRangeIsRefusedWithWhatWouldBeRight(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "want A-B, such as 1-300",
		"-1":                     "want A-B, such as 1-300",
		"1-":                     "want A-B, such as 1-300",
		"1-2-3":                  "want A-B, such as 1-300",
		"a-b":                    "want A-B, such as 1-300",
		"1..5":                   "want A-B, such as 1-300",
		"1-18446744073709551616": "want A-B, such as 1-300",
		"9-3":                    "want 3-9",
	} {
		_, err := ParseSeeds(text)
		require.ErrorContains(t, err, want, "%q", text)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := ParseSeed("0xg")
	require.ErrorContains(t, err, "want a whole number from 0 to 18446744073709551615")
}

func TestARangeKnowsItsLength(t *testing.T) {
	require.Equal(t, uint64(1), One(7).Len())
	require.Equal(t, uint64(300), Seeds{1, 300}.Len())
	require.Equal(t, uint64(math.MaxUint64), Seeds{0, math.MaxUint64}.Len())
}
