package nodes

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type ping struct{ N int }

func (*ping) Kind() string { return "ping" }

type other struct{}

func (other) Kind() string { return "other" }

type pingToo struct{}

func (pingToo) Kind() string { return "ping" }

func TestNamesPrintAsTheyAreRead(t *testing.T) {
	require.Equal(t, "n1:2181", Addr{"n1", 2181}.String())
	require.Equal(t, "election", Tag{Name: "election"}.String())
	require.Equal(t, "resend#12", Tag{Name: "resend", N: 12}.String())
	require.Equal(t, "conn#3", Conn{N: 3}.String())
	require.Equal(t, "unreachable", MarkUnreachable.String())
	require.Equal(t, DefaultMaxFrame, Framing{}.Max())
}

func TestJSONCodecKeepsTypes(t *testing.T) {
	c := JSONCodec(&ping{}, other{})
	m, err := c.Decode(c.Append([]byte(nil), &ping{7}))
	require.NoError(t, err)
	require.Equal(t, &ping{7}, m)
	m, err = c.Decode(c.Append(nil, other{}))
	require.NoError(t, err)
	require.Equal(t, other{}, m)
}

func TestJSONCodecRefusesWhatIsNotItsOwn(t *testing.T) {
	c := JSONCodec(&ping{})
	require.PanicsWithValue(t, "nodes: message of unknown kind other", func() { c.Append(nil, other{}) })
	require.PanicsWithValue(t, "nodes: two messages of kind ping", func() { JSONCodec(&ping{}, pingToo{}) })
	for _, p := range []string{"", "ping", "pong\x00{}", "ping\x00{", "ping\x00[]"} {
		_, err := c.Decode([]byte(p))
		require.Error(t, err, "%q", p)
	}
}

func FuzzJSONCodec(f *testing.F) {
	c := JSONCodec(&ping{}, other{})
	f.Add(c.Append(nil, &ping{1}))
	f.Fuzz(func(t *testing.T, p []byte) {
		if m, err := c.Decode(p); err == nil {
			again, err := c.Decode(c.Append(nil, m))
			require.NoError(t, err)
			require.Equal(t, m, again)
		}
	})
}
