package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/trace"
)

// What a connection carries is told in ZooKeeper's words, however the network cuts it: with the piece that makes it whole.
func TestPiecesOfAStreamAreToldWhenTheyAreWhole(t *testing.T) {
	commit := (&proto.QuorumPacket{Type: proto.PacketCommit, Zxid: 0x100000003}).Append(nil)
	ack := (&proto.QuorumPacket{Type: proto.PacketAck, Zxid: 0x100000003}).Append(nil)
	vote := framedBytes((&proto.Notification{Leader: 3, Zxid: 0x20, ElectionEpoch: 4, PeerEpoch: 2, Version: 2}).Append(nil))
	create := framedBytes((&proto.CreateRequest{Path: "/a", ACL: []proto.ACL{{Perms: 31, ID: proto.ID{Scheme: "world", ID: "anyone"}}}}).Append(
		(&proto.RequestHeader{Xid: 1, Type: proto.OpCreate}).Append(nil)))
	answer := framedBytes((&proto.ReplyHeader{Xid: 1, Zxid: 0x100000003, Err: proto.CodeNodeExists}).Append(nil))

	say := describeZooKeeper()
	seq := uint64(0)
	hear := func(from, to string, pieces ...[]byte) (said []string) {
		for _, p := range pieces {
			seq++
			e := &trace.Event{Seq: seq, Kind: trace.Received, Peer: from, Node: to, Payload: p}
			said = append(said, say(e))
			require.Equal(t, said[len(said)-1], say(e), "whoever asks again is told the same")
		}
		return said
	}
	require.Equal(t, []string{"COMMIT 100000003"}, hear("z1", "z2", commit))
	require.Equal(t, []string{"", "", "COMMIT 100000003"}, hear("z1", "z2", commit[:5], commit[5:9], commit[9:]))
	require.Equal(t, []string{"COMMIT 100000003", "ACK 100000003"}, hear("z1", "z2", append(append([]byte{}, commit...), ack[:7]...), ack[7:]))
	require.Equal(t, []string{"notification: LOOKING, leader=3 zxid=20 round=4 epoch=2"}, hear("z3", "z1", vote))
	require.Equal(t, []string{"", "notification: LOOKING, leader=3 zxid=20 round=4 epoch=2", "COMMIT 100000003"}, hear("z3", "z1", commit[:6], vote, commit[6:]),
		"elections have a connection of their own")
	require.Equal(t, []string{"", "create /a"}, hear("c1", "z1", create[:11], create[11:]))
	require.Equal(t, []string{"NODEEXISTS at zxid 100000003"}, hear("z1", "c1", answer))
	require.Equal(t, []string{""}, hear("z1", "z2", []byte("a part of a snapshot")))
}

func framedBytes(p []byte) []byte { return jute.AppendBuffer(nil, p) }

// Most of what an ensemble's connections carry is told.
func TestAnEnsembleIsToldInItsOwnWords(t *testing.T) {
	var rec trace.Recorder
	zkRun(t, trial.Options{Seed: 3, Recorder: &rec})
	say := describeZooKeeper()
	n, told, kinds := 0, 0, map[string]int{}
	for e := range rec.Events() {
		if e.Kind != trace.Received {
			continue
		}
		n++
		if words := say(e); words != "" {
			told++
			kinds[firstWord(words)]++
		}
	}
	for _, k := range []string{"notification:", "PROPOSAL", "COMMIT", "ACK", "NEWLEADER", "create2", "setData", "ok"} {
		require.Positive(t, kinds[k], "%s in %v", k, kinds)
	}
	require.Greater(t, told*10, n*2, "of %d pieces, many of which are the beginnings of something, %d are told: %v", n, told, kinds)
}

func firstWord(s string) string {
	for i := range s {
		if s[i] == ' ' {
			return s[:i]
		}
	}
	return s
}
