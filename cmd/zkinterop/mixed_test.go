package zkinterop

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
	"orrery/nodes/zab/proto"
)

// write writes through a member, and remembers what was acknowledged.
type writes struct {
	acked map[string]string
	n     int
}

// through writes n znodes through a member, and changes some that are there.
func (w *writes) through(t testing.TB, s *server, n int) {
	c := mustConnect(t, s)
	for range n {
		w.n++
		path, data := fmt.Sprintf("/n%05d", w.n), fmt.Sprintf("by %s %d", s.kind, s.id)
		c = insist(t, s, c, func(c *session, again bool) error {
			_, err := c.create(path, data, proto.ModePersistent)
			if again && errors.Is(err, codeError(proto.CodeNodeExists)) {
				return nil // the attempt before has made it, and its answer was lost
			}
			return err
		})
		w.acked[path] = data
		c = insist(t, s, c, func(c *session, _ bool) error {
			got, err := c.get(path)
			if err == nil {
				require.Equal(t, data, got, "a client reads its own write")
			}
			return err
		})
		if w.n%3 == 0 {
			c = insist(t, s, c, func(c *session, _ bool) error { return c.set(path, data+" again") })
			w.acked[path] = data + " again"
		}
	}
	c = insist(t, s, c, func(c *session, _ bool) error {
		_, err := c.create("/e", "", proto.ModeEphemeralSequential)
		return err
	})
	insist(t, s, c, func(c *session, _ bool) error { return c.do(proto.OpCloseSession, nil, nil) }).conn.Close()
}

// insist has something done at a server, and once more if the connection ends under way: on a machine that is busy with other things a
// server loses its leader now and then. What the server refuses is not asked for again. again says that an earlier attempt may have had its
// effect. The session is the one with which it was done.
func insist(t testing.TB, s *server, c *session, do func(c *session, again bool) error) *session {
	t.Helper()
	again := false
	var err error
	process.Eventually(t, patience, func() bool {
		if err = do(c, again); err == nil {
			return true
		}
		if code := codeError(0); errors.As(err, &code) {
			require.Contains(t, []proto.ErrCode{proto.CodeSessionExpired, proto.CodeSessionMoved}, proto.ErrCode(code), "%s %d: %v\n%s", s.kind, s.id, err, s.Log())
		}
		again = true
		c.conn.Close()
		next, failed := connect(s, c)
		if errors.Is(failed, errExpired) {
			next, failed = connect(s, nil)
		}
		if failed == nil {
			c = next
			t.Cleanup(func() { next.conn.Close() })
		}
		return false
	}, func() string { return fmt.Sprintf("%s %d: %v\n%s", s.kind, s.id, err, s.Log()) })
	return c
}

// equal says that all members show one tree, and in it all that was acknowledged.
func (w *writes) equal(t testing.TB, servers []*server) {
	first := ""
	for _, s := range servers {
		c := mustConnect(t, s)
		tree := c.dump(t)
		if first == "" {
			first = tree
		}
		require.Equal(t, first, tree, "%s %d shows another tree than %s %d", s.kind, s.id, servers[0].kind, servers[0].id)
		for path, data := range w.acked {
			got, err := c.get(path)
			require.NoError(t, err, path)
			require.Equal(t, data, got, path)
		}
		require.NoError(t, c.do(proto.OpCloseSession, nil, nil))
		if s.kind == apache { // which compares the digest of every transaction that it applies
			text := ""
			process.Eventually(t, patience, func() bool { text = s.word("mntr"); return text != "" }, s.Log().String)
			require.Contains(t, text, "zk_digest_mismatches_count\t0\n")
		}
	}
}

// One ensemble of Apache's servers and ours: writes through each member, each is killed in turn, whoever leads, and at
// the end all show one tree with all that was acknowledged.
func TestApachesServersAndOursAreOneEnsemble(t *testing.T) {
	needApache(t)
	led := map[kind]int{}
	for _, c := range []struct {
		kinds []kind
		props string
	}{
		{[]kind{apache, apache, ours}, ""},
		{[]kind{ours, apache, apache}, ""},
		{[]kind{ours, ours, apache}, ""},
		{[]kind{apache, ours, ours}, "-Dzookeeper.forceSnapshotSync=true"}, // whoever comes back is sent a snapshot
	} {
		t.Run(fmt.Sprint(c.kinds, c.props), func(t *testing.T) {
			servers := ensemble(t, "maxSessionTimeout=30000\n", c.kinds...)
			for _, s := range servers {
				if c.props != "" {
					s.props = append(s.props, c.props)
				}
				s.start()
			}
			w := &writes{acked: map[string]string{}}
			turn := func(alive []*server) {
				led[leader(t, alive...).kind]++
				for _, s := range alive {
					w.through(t, s, 10)
				}
			}
			turn(servers)
			for i := range 2 * len(servers) {
				down := servers[i%len(servers)]
				if i >= len(servers) { // in the second round, whoever leads
					down = leader(t, servers...)
				}
				down.Kill()
				var alive []*server
				for _, s := range servers {
					if s != down {
						alive = append(alive, s)
					}
				}
				began := time.Now()
				turn(alive)
				t.Logf("without %s %d: %d ms to serve and to write", down.kind, down.id, time.Since(began).Milliseconds())
				down.start()
				turn(servers)
			}
			w.equal(t, servers)
			t.Logf("%d writes acknowledged; led so far: %v", len(w.acked), led)
		})
	}
	require.NotZero(t, led[ours], "none of ours has led")
	require.NotZero(t, led[apache], "none of Apache's has led")
}

// A session goes from Apache's servers to ours and back, with what is its own; when its client is gone it expires.
func TestASessionMovesBetweenApachesServersAndOurs(t *testing.T) {
	needApache(t)
	for _, kinds := range [][]kind{{apache, ours, apache}, {apache, apache, ours}} { // a follower of Apache's, and a leader
		servers := ensemble(t, "maxSessionTimeout=10000\n", kinds...)
		for _, s := range servers {
			s.start()
		}
		leader(t, servers...)
		c := mustConnect(t, servers[0])
		_, err := c.create("/mine", "", proto.ModeEphemeral)
		require.NoError(t, err)
		for i := range 6 {
			var next *session
			process.Eventually(t, patience, func() bool { // a server that has not come so far as the client sends it away
				next, err = connect(servers[(i+1)%3], c)
				require.NotErrorIs(t, err, errExpired)
				return err == nil
			}, func() string { return fmt.Sprint(err) })
			require.Equal(t, c.id, next.id)
			var r proto.ExistsResponse
			require.NoError(t, next.do(proto.OpExists, &proto.ExistsRequest{Path: "/mine"}, &r))
			require.Equal(t, c.id, r.Stat.EphemeralOwner)
			require.NoError(t, next.set("/mine", fmt.Sprint(i)))
			c.conn.Close()
			c = next
		}
		c.conn.Close() // without a word
		for _, s := range servers {
			process.Eventually(t, patience, func() bool {
				_, err := mustConnect(t, s).get("/mine")
				return err != nil && err.Error() == "getData: "+proto.CodeNoNode.String()
			}, func() string {
				return fmt.Sprintf("%s %d still has what belongs to a session that is gone", s.kind, s.id)
			})
			_, err := connect(s, c)
			require.ErrorIs(t, err, errExpired, "%s %d", s.kind, s.id)
		}
	}
}
