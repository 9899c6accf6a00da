package kafka_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/kafka"
)

// deep copies what mutants change.
func deep(h []Op) []Op {
	out := slices.Clone(h)
	for i := range out {
		out[i].Mops = slices.Clone(out[i].Mops)
		for j := range out[i].Mops {
			out[i].Mops[j].Records = slices.Clone(out[i].Mops[j].Records)
		}
	}
	return out
}

// polls returns a poll of at least n records of which something else was polled before and after, by chance.
func polls(r *rand.Rand, h []Op, n int) *Mop {
	for range 10_000 {
		i := len(h)/4 + r.IntN(len(h)/2)
		for j := range h[i].Mops {
			if m := &h[i].Mops[j]; !m.Send && len(m.Records) >= n {
				return m
			}
		}
	}
	return nil
}

// mutants change a history that was right into one that no Kafka can show.
var mutants = map[string]struct {
	change func(r *rand.Rand, h []Op) []Op
	want   guarantee.Anomaly
}{
	"a lost acknowledged record": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 2)
		m.Records = slices.Delete(m.Records, 0, 1)
		return h
	}, LostWrite},
	"a duplicate": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 2)
		m.Records[1].Value = m.Records[0].Value
		return h
	}, Duplicate},
	"records that changed places": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 2)
		m.Records[0], m.Records[1] = m.Records[1], m.Records[0]
		return h
	}, IntNonmonotonicPoll},
	"values that changed places": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 2)
		m.Records[0].Value, m.Records[1].Value = m.Records[1].Value, m.Records[0].Value
		return h
	}, InconsistentOffsets},
	"a record of nobody's": {func(r *rand.Rand, h []Op) []Op {
		polls(r, h, 1).Records[0].Value = 1 << 40
		return h
	}, Phantom},
	"a poll again": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 1)
		m.Records = append(m.Records, m.Records...)
		return h
	}, IntNonmonotonicPoll},
	"a send that failed after all": {func(r *rand.Rand, h []Op) []Op {
		m := polls(r, h, 1)
		i := slices.IndexFunc(h, func(o Op) bool {
			return slices.ContainsFunc(o.Mops, func(s Mop) bool { return s.Send && s.Partition == m.Partition && s.Value == m.Records[0].Value })
		})
		h[i].Status = checker.Fail
		return h
	}, G1a},
	"an offset given twice": {func(r *rand.Rand, h []Op) []Op {
		for range 10_000 {
			i := len(h)/4 + r.IntN(len(h)/2)
			if m := &h[i].Mops[0]; m.Send && m.Offset > 0 {
				m.Offset--
				return h
			}
		}
		return h
	}, InconsistentOffsets},
}

func TestEveryMutantOfAValidHistoryIsRejected(t *testing.T) {
	for _, txns := range []bool{false, true} {
		valid := traffic(4000, txns)
		require.Equal(t, checker.Holds, Check(valid, Options{}).Verdict)
		for name, m := range mutants {
			for seed := range uint64(20) {
				r := Check(m.change(rand.New(rand.NewPCG(seed, 7)), deep(valid)), Options{})
				require.Equal(t, checker.Violated, r.Verdict, "%s, seed %d", name, seed)
				require.True(t, r.Has(m.want), "%s, seed %d: %v", name, seed, r.Count)
			}
		}
	}
}
