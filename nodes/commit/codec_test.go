package commit_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes"
	"orrery/nodes/commit"
)

func names() *rapid.Generator[nodes.ID] {
	return rapid.Custom(func(t *rapid.T) nodes.ID { return nodes.ID(rapid.StringN(0, 4, 8).Draw(t, "name")) })
}

func ballots() *rapid.Generator[commit.Ballot] {
	return rapid.Custom(func(t *rapid.T) commit.Ballot {
		return commit.Ballot{Round: rapid.Uint64().Draw(t, "round"), Node: names().Draw(t, "node")}
	})
}

func messages() *rapid.Generator[*commit.Message] {
	return rapid.Custom(func(t *rapid.T) *commit.Message {
		m := &commit.Message{Type: commit.Type(rapid.IntRange(int(commit.Begin), int(commit.P2b)).Draw(t, "type")),
			Yes: rapid.Bool().Draw(t, "yes"), Whole: rapid.Bool().Draw(t, "whole"), Frozen: rapid.Bool().Draw(t, "frozen"),
			Heuristic: rapid.Bool().Draw(t, "heuristic"), State: commit.State(rapid.IntRange(0, 4).Draw(t, "state")),
			Txn: commit.TxnID{Coord: names().Draw(t, "coord"), Epoch: rapid.Uint64().Draw(t, "epoch"), N: rapid.Uint64().Draw(t, "n"),
				Attempt: rapid.Uint64().Draw(t, "attempt")},
			Request: rapid.Uint64().Draw(t, "request"), Epoch: rapid.Uint64().Draw(t, "its epoch"), Floor: rapid.Uint64().Draw(t, "floor"),
			Ballot: ballots().Draw(t, "ballot"), Promised: ballots().Draw(t, "promised")}
		for range rapid.IntRange(0, 2).Draw(t, "ops") {
			m.Ops = append(m.Ops, commit.Op{Kind: commit.OpAdd, Key: rapid.String().Draw(t, "key"), N: rapid.Int64().Draw(t, "amount")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "peers") {
			m.Peers = append(m.Peers, names().Draw(t, "peer"))
		}
		for range rapid.IntRange(0, 2).Draw(t, "items") {
			m.Items = append(m.Items, commit.Item{Key: rapid.String().Draw(t, "item"), Amount: rapid.Int64().Draw(t, "has"),
				List: rapid.SliceOfN(rapid.Int64(), 1, 3).Draw(t, "list")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "instances") {
			m.Instances = append(m.Instances, commit.Instance{RM: names().Draw(t, "rm"), Prepared: rapid.Bool().Draw(t, "prepared"), Ballot: ballots().Draw(t, "in")})
		}
		return m
	})
}

func TestMessagesSurviveTheCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := messages().Draw(t, "message")
		c := commit.Codec()
		got, err := c.Decode(c.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m, got)
	})
}

// A message of which a bit has been flipped is no message: it must not become another one.
func TestADamagedMessageIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := commit.Codec().Append(nil, messages().Draw(t, "message"))
		p[rapid.IntRange(0, len(p)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		_, err := commit.Codec().Decode(p)
		require.Error(t, err)
	})
}

func FuzzDecode(f *testing.F) {
	c := commit.Codec()
	f.Add(c.Append(nil, &commit.Message{Type: commit.Vote, Yes: true, Txn: commit.TxnID{Coord: "c1", Epoch: 1, N: 2, Attempt: 1}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := c.Decode(p)
		if err != nil {
			return
		}
		again, err := c.Decode(c.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
