package paxos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

func TestValidateNamesWhatIsWrong(t *testing.T) {
	good := Config{Self: "n1", Members: three}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*Config){
		"Self is empty":             func(c *Config) { c.Self = "" },
		"Members is empty":          func(c *Config) { c.Members = nil },
		"names a replica twice":     func(c *Config) { c.Members = []nodes.ID{"n1", "n2", "n1"} },
		"has an empty name":         func(c *Config) { c.Members = []nodes.ID{"n1", ""} },
		"must exceed the 3 members": func(c *Config) { c.Q1, c.Q2 = 2, 1 },
		"between 1 and the 3":       func(c *Config) { c.Q1 = 4 },
		"Alpha is -1":               func(c *Config) { c.Alpha = -1 },
		"is below ElectionMin":      func(c *Config) { c.ElectionMax = time.Millisecond },
		"must be above Heartbeat":   func(c *Config) { c.Heartbeat = time.Second },
		"a time-out is negative":    func(c *Config) { c.SessionTTL = -1 },
		"must be positive":          func(c *Config) { c.MaxBatch = -1 },
		"which renews it":           func(c *Config) { c.Lease = time.Millisecond },
		"ppm":                       func(c *Config) { c.LeaseDrift = 1_000_000 },
	} {
		c := good
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
		require.Panics(t, func() { New(c) }, want)
	}
	flexible := Config{Self: "n1", Members: three, Q1: 3, Q2: 1}
	require.NoError(t, flexible.Validate())
}
