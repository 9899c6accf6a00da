package client

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// TestWhateverHappensToTheServers: servers are killed, cut off and struck dumb, and connections break. Every request ends once, in
// the order of the requests; what was answered was answered in that order by one session; the zxid never falls; and once all is well
// the client is connected, under the session that it had.
func TestWhateverHappensToTheServers(t *testing.T) {
	all, answered := 0, 0
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			w, cfg := newTree(seed, 3)
			rng := rand.New(rand.NewPCG(seed, 1))
			x := newUser(w, cfg)
			asked := 0
			for range 60 {
				for range rng.IntN(4) {
					asked++
					x.do([]Op{Sync("/"), Get("/a", true), Exists("/b", true), Set("/a", nil, -1)}[rng.IntN(4)])
				}
				strike(w, rng, cfg)
				run(w, time.Duration(rng.IntN(1000))*time.Millisecond)
			}
			w.u.HealAll()
			for _, m := range w.u.Machines() {
				if s, ok := m.Node().(*toyServer); ok {
					s.mute, s.wrong = false, false
				}
				m.Start(0)
			}
			run(w, 20*time.Second)
			require.Equal(t, Connected, x.c.State(), "once all is well")
			require.Len(t, w.sessions, w.count("connect session=0 "), "no session but those that were asked for")
			require.Zero(t, x.c.Pending())
			all += asked
			answered += x.check(t, asked)
		})
	}
	require.Greater(t, answered, all/5, "enough is answered for this to say something")
}

// check looks at all that the client has said, and returns how many requests were answered.
func (x *user) check(t *testing.T, asked int) (answered int) {
	t.Helper()
	connected := false
	var call uint64
	var zxid int64
	for _, ev := range x.events {
		switch ev := ev.(type) {
		case Changed:
			require.NotEqual(t, connected, ev.State == Connected)
			connected = ev.State == Connected
		case Done:
			require.Equal(t, call+1, ev.Call, "requests end in their order, each once")
			call = ev.Call
			if ev.Err == proto.CodeConnectionLoss {
				require.Zero(t, ev.Zxid)
				continue
			}
			answered++
			require.True(t, connected)
			require.GreaterOrEqual(t, ev.Zxid, zxid, "time does not run backwards")
			zxid = ev.Zxid
		}
	}
	require.Equal(t, asked, int(call))
	require.GreaterOrEqual(t, x.c.Zxid(), zxid)
	return answered
}

// strike lets one thing go wrong.
func strike(w *tree, rng *rand.Rand, cfg Config) {
	id := cfg.Servers[rng.IntN(len(cfg.Servers))].ID
	m := w.u.Machine(id)
	s, up := m.Node().(*toyServer)
	lasts := time.Duration(rng.IntN(3000)) * time.Millisecond
	switch link := [][2]nodes.ID{{"c1", id}, {id, "c1"}}; rng.IntN(7) {
	case 0:
		m.Kill(vdisk.LoseNothing)
		m.Start(lasts)
	case 1:
		m.Kill(vdisk.LoseUnsynced)
		m.Start(lasts)
	case 2:
		f := w.u.DisturbLinks("cut", link, sim.LinkFault{Cut: true})
		w.u.After(lasts, "heal", f.End)
	case 3:
		f := w.u.DisturbLinks("resets", link, sim.LinkFault{ResetPPM: 200_000})
		w.u.After(lasts, "heal", f.End)
	case 4:
		if up {
			s.mute = true
			w.u.After(lasts, "speak", func() { s.mute = false })
		}
	case 5:
		if up {
			s.wrong = true
			w.u.After(lasts, "right", func() { s.wrong = false })
		}
	default: // nothing
	}
}
