package timestamps_test

import (
	"fmt"
	"time"

	"orrery/examples/timestamps"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/sim"
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

// world is an oracle, three clients, and a network that loses, doubles and delays.
func world(oracle func() nodes.Node) func(w *trial.World) error {
	return func(w *trial.World) error {
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Mean: 2 * time.Millisecond, TailPPM: 10_000, TailMax: time.Second}
			c.Net.LossPPM, c.Net.DuplicatePPM = 10_000, 10_000
			c.Disk.Sync = sim.Dist{Min: time.Millisecond, Mean: 3 * time.Millisecond}
		})
		w.Horizon = 12 * time.Second
		l := &ledger{u: w.U, given: map[uint64]bool{}}
		w.AddServer("oracle", oracle)
		for _, id := range []nodes.ID{"c1", "c2", "c3"} {
			w.AddClient(id, l.client)
		}
		w.Finally = func() error {
			if len(l.given) < 50 {
				return fmt.Errorf("only %d timestamps were given: too few for the test to mean anything", len(l.given))
			}
			return nil
		}
		return nil
	}
}

// powerCuts is a plan of faults: what breaks, from when to when.
const powerCuts = `
mode unrestricted                                  # one machine has no quorum to keep
0s    sync-error(oracle, 2%)                         until 12s
0s    write-error(oracle, 5%)                        until 12s
0.5s  kill-at-effect(oracle, 3, power=lose-unsynced) until 1s
1.5s  crash(oracle, power=torn)                      until 1.9s
2.5s  kill-at-effect(oracle, 7, power=lose-suffix)   until 3s
3.5s  isolate(oracle, clients)                       until 4.2s
5s    kill-at-effect(oracle, 2, power=lose-nothing)  until 5.2s
5.4s  kill-at-effect(oracle, 4, power=lose-subset)   until 6s
7s    crash(oracle, power=lose-unsynced)             until 7.3s
8s    crash(oracle, power=lose-subset)               until 8.3s
9s    kill-at-effect(oracle, 12, power=torn)         until 9.5s
`

// withPowerCuts has every trial go through them.
func withPowerCuts() trial.Options {
	plan, err := nemesis.ParsePlan("powerCuts", []byte(powerCuts))
	if err != nil {
		panic(err)
	}
	return trial.Options{Plan: &plan}
}
