package simtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want seedPlan
		err  string
	}{
		{nil, seedPlan{first: 1, last: 100}, ""},
		{map[string]string{"ORRERY_SEED": "0x2a"}, seedPlan{first: 42, last: 42}, ""},
		{map[string]string{"ORRERY_SEEDS": "7"}, seedPlan{first: 1, last: 7}, ""},
		{map[string]string{"ORRERY_SEEDS": "0x10-20"}, seedPlan{first: 16, last: 20}, ""},
		{map[string]string{"ORRERY_TIME": "3s"}, seedPlan{first: 1, last: ^uint64(0) - 1, time: 3 * time.Second}, ""},
		{map[string]string{"ORRERY_SEED": "many"}, seedPlan{}, `ORRERY_SEED="many": want a number, like 42 or 0x2a`},
		{map[string]string{"ORRERY_SEEDS": "9-3"}, seedPlan{}, `ORRERY_SEEDS="9-3": want a number, like 1000, or a range, like 100-200`},
		{map[string]string{"ORRERY_TIME": "-3s"}, seedPlan{}, `ORRERY_TIME="-3s": want a duration, like 30s or 10m`},
	} {
		got, err := readEnvironment(func(name string) string { return c.env[name] }, 100)
		if c.err != "" {
			require.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestAnySeedCanBeAskedForByTheRunFlag(t *testing.T) {
	seed, ok := seedOf("TestX/seed=0x1f4")
	require.True(t, ok)
	require.EqualValues(t, 500, seed)
	for _, flag := range []string{"", "TestX", "TestX/seed=", "TestX/seed=.*"} {
		_, ok = seedOf(flag)
		require.False(t, ok, flag)
	}
}
