package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ensemble draws an ensemble: some participants, perhaps observers, groups and weights.
func ensemble(t *rapid.T) *Quorum {
	n := rapid.IntRange(1, 9).Draw(t, "servers")
	var text strings.Builder
	var groups [3][]string
	hierarchical := rapid.Bool().Draw(t, "groups")
	for i := 1; i <= n; i++ {
		role := "participant"
		if i > 1 && rapid.IntRange(0, 3).Draw(t, "role") == 0 {
			role = "observer"
		}
		fmt.Fprintf(&text, "server.%d=h%d:2888:3888:%s;2181\n", i, i, role)
		if role == "observer" {
			continue
		}
		g := rapid.IntRange(0, 2).Draw(t, "group")
		groups[g] = append(groups[g], fmt.Sprint(i))
		if w := rapid.IntRange(0, 3).Draw(t, "weight"); hierarchical && i > 1 {
			fmt.Fprintf(&text, "weight.%d=%d\n", i, w)
		}
	}
	if hierarchical {
		for g, servers := range groups {
			if len(servers) > 0 {
				fmt.Fprintf(&text, "group.%d=%s\n", g+1, strings.Join(servers, ":"))
			}
		}
	}
	fmt.Fprintf(&text, "version=%x\n", rapid.Uint32().Draw(t, "version"))
	q, err := ParseQuorum("drawn", []byte(text.String()))
	require.NoError(t, err)
	return q
}

func TestAnyTwoQuorumsMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := ensemble(t)
		var a, b []int64
		for _, m := range q.Members() {
			if rapid.Bool().Draw(t, "a") {
				a = append(a, m.ID)
			}
			if rapid.Bool().Draw(t, "b") {
				b = append(b, m.ID)
			}
		}
		if !q.ContainsQuorum(a) || !q.ContainsQuorum(b) {
			return
		}
		meet := slices.ContainsFunc(a, func(id int64) bool { return slices.Contains(b, id) && q.IsVoter(id) })
		require.True(t, meet, "%v and %v are both quorums of\n%v", a, b, q)
	})
}

func TestMoreAgreementNeverLosesAQuorum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := ensemble(t)
		var ids []int64
		had := false
		for _, m := range rapid.Permutation(q.Members()).Draw(t, "order") {
			ids = append(ids, m.ID)
			has := q.ContainsQuorum(ids)
			require.False(t, had && !has, "%v of\n%v", ids, q)
			had = has
		}
	})
}

func TestTheTextOfAnEnsembleIsTheEnsemble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := ensemble(t)
		again, err := ParseQuorum("again", []byte(q.String()))
		require.NoError(t, err)
		require.Equal(t, q, again)
		file, err := ParseDynamic(DynamicName("zoo.cfg", q.Version()), q.FileText())
		require.NoError(t, err)
		require.Equal(t, q, file)
	})
}

func TestBothEnsemblesMustAgreeDuringAReconfiguration(t *testing.T) {
	now, err := ParseQuorum("now", []byte("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nversion=1"))
	require.NoError(t, err)
	next, err := ParseQuorum("next", []byte("server.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2\nversion=2"))
	require.NoError(t, err)

	tr := NewTracker(now, next)
	require.False(t, tr.Add(9), "no vote in either")
	for _, id := range []int64{1, 3, 3} {
		require.True(t, tr.Add(id))
	}
	require.False(t, tr.HasAllQuorums(), "a quorum of the present one only")
	require.True(t, tr.Add(4))
	require.True(t, tr.HasAllQuorums())
	require.Equal(t, []int64{1, 3, 4}, tr.Acks())
	require.True(t, tr.Has(3))

	require.True(t, NewTracker(next, now).Add(4))
	require.False(t, NewTracker(next, now).Add(1), "an older one is not the next")
	require.False(t, new(Tracker).HasAllQuorums())
}

func TestServersOfWeightZeroDoNotCount(t *testing.T) {
	q, err := ParseQuorum("q", []byte("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2:3\nweight.3=0"))
	require.NoError(t, err)
	require.False(t, q.ContainsQuorum([]int64{1, 3}))
	require.True(t, q.ContainsQuorum([]int64{1, 2}))
	require.Zero(t, q.Weight(3))
	require.Zero(t, q.Weight(9))
	require.Equal(t, int64(1), q.Weight(1))
}
