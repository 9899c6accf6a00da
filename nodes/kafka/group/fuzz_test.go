package group

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
)

// FuzzRecords reads keys and values as they may lie in a log that others have written.
func FuzzRecords(f *testing.F) {
	k := key{"g", true, log.TopicPartition{Topic: "t", Partition: 3}}
	v := committed{offset: 5, epoch: 2, metadata: "m", ms: 7, expires: none, at: none}
	s := stored{protocolType: "consumer", generation: 4, protocol: "range", leader: "a", since: 9,
		members: []storedMember{{id: "a", static: true, instance: "i", clientID: "c", host: "/h", rebalance: 1, session: 2, subscription: []byte{1}, assignment: []byte{2}}}}
	f.Add(k.append(nil), v.append(nil, false))
	f.Add(key{group: "g"}.append(nil), s.append(nil, false))
	f.Add(k.append(nil), v.append(nil, true))
	f.Add(key{group: "g"}.append(nil), s.append(nil, true))
	f.Fuzz(func(t *testing.T, kp, vp []byte) {
		if k, ok, err := readKey(kp); ok && err == nil {
			again, ok, err := readKey(k.append(nil))
			require.True(t, ok)
			require.NoError(t, err)
			require.Equal(t, k, again)
		}
		if v, err := readCommitted(vp, Quirks{}); err == nil {
			again, err := readCommitted(v.append(nil, false), Quirks{})
			require.NoError(t, err)
			if v.expires != none { // the old version has no epoch
				again.epoch = v.epoch
			}
			require.Equal(t, v, again)
		}
		if s, err := readStored(vp); err == nil {
			again, err := readStored(s.append(nil, false))
			require.NoError(t, err)
			require.Equal(t, s.generation, again.generation)
			require.Len(t, again.members, len(s.members))
		}
	})
}
