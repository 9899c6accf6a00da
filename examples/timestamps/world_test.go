package timestamps_test

import (
	"fmt"
	"time"

	"orrery/examples/timestamps"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// ledger sees every answer that clients get, and what each could have known when it asked.
type ledger struct {
	u       *sim.Universe
	highest uint64          // of all answers so far, plus one
	given   map[uint64]bool // timestamps that somebody has
}

// answered checks one answer to a question that was put when highest was floor.
func (l *ledger) answered(floor, t uint64) {
	if t < floor {
		l.u.Violate("time goes on", fmt.Sprintf("%d is given after %d had been", t, floor-1))
	}
	if l.given[t] {
		l.u.Violate("no timestamp twice", fmt.Sprintf("%d is given to two clients", t))
	}
	l.given[t] = true
	l.highest = max(l.highest, t+1)
}

// client asks again and again, and repeats a question that is not answered.
func (l *ledger) client() nodes.Node {
	return task.New(timestamps.Codec(), func(t *task.T) {
		for n := uint64(1); ; n++ {
			floor := l.highest
			answers := func(m nodes.Message) bool { a, ok := m.(timestamps.Answer); return ok && a.Question == n }
			for {
				if m, ok := t.Request("oracle", timestamps.Ask{Question: n}, 100*time.Millisecond, answers); ok {
					l.answered(floor, m.(timestamps.Answer).Timestamp)
					break
				}
			}
			t.Sleep(time.Duration(t.Rand().IntN(20)) * time.Millisecond)
		}
	})
}

// newWorld is an oracle, three clients, a lossy network, and a power cut or a failing sync
// every second or so.
func newWorld(seed uint64, oracle func() nodes.Node) *ledger {
	u := sim.New(sim.Config{
		Seed: seed,
		Net: sim.NetConfig{
			Delay:   sim.Dist{Mean: 2 * time.Millisecond, TailPPM: 10_000, TailMax: time.Second},
			LossPPM: 10_000, DuplicatePPM: 10_000,
		},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: 3 * time.Millisecond}},
	})
	l := &ledger{u: u, given: map[uint64]bool{}}
	server := u.Add("oracle", oracle)
	server.Start(0)
	for i := range 3 {
		u.Add(nodes.ID(fmt.Sprint("c", i+1)), l.client).Start(0)
	}
	u.DisturbDisks("syncs fail", []nodes.ID{"oracle"}, sim.DiskFault{SyncErrorPPM: 20_000})
	modes := []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn}
	for i := range uint64(10) {
		at := time.Duration(i*1000+u.Draw("nemesis/when", i, 1000)) * time.Millisecond
		how := modes[u.Draw("nemesis/how", i, uint64(len(modes)))]
		u.After(at, "power", func() { server.KillAtEffect(1+int(u.Draw("nemesis/effect", i, 30)), how) })
		u.After(at+400*time.Millisecond, "start", func() { server.Start(0) })
	}
	return l
}
