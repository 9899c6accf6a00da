package zkinterop

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
)

// walker is a client that goes from server to server with one session, and counts up a znode of its own.
type walker struct {
	t       testing.TB
	name    string
	servers []*server
	c       *session
	old     *session // the session that it has had last
	asked   int      // the highest value that it has asked to be written
	acked   int      // the highest that was acknowledged
	seen    int      // the highest that it has read

	writes, reads, moves, expired int
}

// run walks until over.
func (w *walker) run(over *atomic.Bool) {
	for !over.Load() && !w.t.Failed() {
		if w.c == nil && !w.join() {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if err := w.turn(); err != nil {
			var code codeError
			if errors.As(err, &code) && proto.ErrCode(code) != proto.CodeSessionExpired && proto.ErrCode(code) != proto.CodeSessionMoved {
				w.t.Errorf("%s: %v", w.name, err)
				return
			}
			w.c.conn.Close()
			w.c = nil
		}
	}
}

// join connects to some server: with its session, if that is alive; if not, with a new one.
func (w *walker) join() bool {
	s := w.servers[rand.IntN(len(w.servers))]
	c, err := connect(s, w.old)
	switch {
	case errors.Is(err, errExpired):
		w.expired++
		w.old = nil
		return false
	case err != nil:
		return false
	}
	fresh := w.old == nil
	w.c, w.old = c, c
	w.moves++
	if fresh {
		_, err = c.create("/"+w.name, "0", proto.ModePersistent)
		if _, refused := err.(interface{ Unwrap() error }); err != nil && !refused {
			c.conn.Close()
			w.c = nil // whether it is there is not known: the session is given up, so that it is made again
			w.old = nil
			return false
		}
		if _, err := c.create("/"+w.name+"-alive", "", proto.ModeEphemeral); err != nil {
			c.conn.Close()
			w.c = nil // whether it is there is not known: the session is given up
			w.old = nil
			return false
		}
	}
	return true
}

// turn writes, reads what is written, and looks at the ephemeral znode of the session.
func (w *walker) turn() error {
	w.asked++
	if err := w.c.set("/"+w.name, strconv.Itoa(w.asked)); err != nil {
		return err
	}
	w.acked = w.asked
	w.writes++
	text, err := w.c.get("/" + w.name)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	require.NoError(w.t, err)
	w.reads++
	if n < w.acked || n < w.seen || n > w.asked {
		w.t.Errorf("%s reads %d after it has written %d and read %d", w.name, n, w.acked, w.seen)
	}
	w.seen = n
	var r proto.ExistsResponse
	if err := w.c.do(proto.OpExists, &proto.ExistsRequest{Path: "/" + w.name + "-alive"}, &r); err != nil {
		return err
	}
	if r.Stat.EphemeralOwner != w.c.id {
		w.t.Errorf("%s: its ephemeral znode is of session %x, and it is %x", w.name, r.Stat.EphemeralOwner, w.c.id)
	}
	return nil
}

// One server after the other, or two at once, is killed by SIGKILL and comes back, while clients go from one to the next: no
// acknowledged write is lost, nobody sees the past, sessions and what is theirs live on. ZKINTEROP_STORM is for how long.
func TestAStormOfSIGKILLsLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	limit := 20 * time.Second
	if text := os.Getenv("ZKINTEROP_STORM"); text != "" {
		var err error
		limit, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	servers := ensemble(t, "maxSessionTimeout=30000\n", ours, ours, ours)
	for _, s := range servers {
		s.start()
	}
	leader(t, servers...)
	var over atomic.Bool
	var wg sync.WaitGroup
	var walkers []*walker
	for i := range 4 {
		w := &walker{t: t, name: fmt.Sprintf("w%d", i), servers: servers}
		walkers = append(walkers, w)
		wg.Go(func() { w.run(&over) })
	}
	kills := 0
	for end := time.Now().Add(limit); time.Now().Before(end) && !t.Failed(); {
		first := rand.IntN(len(servers))
		down := []*server{servers[first]}
		if rand.IntN(3) == 0 {
			down = append(down, servers[(first+1)%len(servers)])
		}
		for _, s := range down {
			s.Kill()
			kills++
		}
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
		for _, s := range down {
			s.start()
		}
		time.Sleep(time.Duration(rand.IntN(1200)) * time.Millisecond)
	}
	over.Store(true)
	wg.Wait()
	leader(t, servers...)
	first, total := "", 0
	for _, s := range servers {
		c := mustConnect(t, s)
		tree := c.dump(t)
		if first == "" {
			first = tree
		}
		require.Equal(t, first, tree, "server %d shows another tree", s.id)
		for _, w := range walkers {
			text, err := c.get("/" + w.name)
			require.NoError(t, err)
			n, err := strconv.Atoi(text)
			require.NoError(t, err)
			require.True(t, w.acked <= n && n <= w.asked, "%s: %d, of which %d was acknowledged and %d asked", w.name, n, w.acked, w.asked)
		}
	}
	for _, w := range walkers {
		total += w.writes
		require.NotZero(t, w.writes)
		require.Greater(t, w.moves, 1, "it has never moved")
		t.Logf("%s: %d writes, %d reads, %d connections, %d sessions expired", w.name, w.writes, w.reads, w.moves, w.expired)
	}
	t.Logf("%d kills, %d writes acknowledged, none lost", kills, total)
}
