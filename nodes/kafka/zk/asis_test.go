package zk

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoWays reads a record as it is written, if it is, and as JSON.
func twoWays(kind Kind, p []byte) (short Value, ok bool, long Value, err error) {
	switch kind {
	case KindBroker:
		short, ok = brokerAsIs(1, p)
		long, err = decodeBroker(1, p)
	case KindTopic:
		short, ok = topicAsIs(p)
		long, err = decodeTopic(p)
	case KindPartition:
		short, ok = stateAsIs(p)
		long, err = decodeState(p)
	case KindConfig:
		short, ok = settingsAsIs(p)
		long, err = decodeSettings(p)
	}
	return short, ok, long, err
}

// What is read without JSON is what JSON says, whatever a stranger has made of the bytes.
func TestTheShortWayReadsWhatTheLongOneDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	taken, odd := 0, []byte(`0123456789-+.eE"\{}[]:, ntx/é`)
	for _, g := range golden {
		if _, ok, _, _ := twoWays(g.key.Kind, []byte(g.text)); !ok {
			continue
		}
		taken++
		for range 4000 {
			p := []byte(g.text)
			for range 1 + r.IntN(3) {
				at := r.IntN(len(p))
				switch c := odd[r.IntN(len(odd))]; r.IntN(4) {
				case 0:
					p = append(p[:at], p[at+1:]...)
				case 1:
					p[at] = c
				case 2:
					p = append(p[:at], append([]byte{c}, p[at:]...)...)
				case 3:
					p[at] = p[r.IntN(len(p))]
				}
			}
			if short, ok, long, err := twoWays(g.key.Kind, p); ok {
				require.NoError(t, err, "%s", p)
				require.Equal(t, long, short, "%s", p)
			}
		}
	}
	require.GreaterOrEqual(t, taken, 5, "what brokers write is read the short way")
}

func TestTextsThatNeedNoEscapesAreWrittenAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{"orders": `"orders"`, `a"b\c`: `"a\"b\\c"`, "é<>&": `"é\u003c\u003e\u0026"`, "\n\x7f": "\"\\n\x7f\""} {
		require.Equal(t, want, string(appendString(nil, text)))
	}
}
