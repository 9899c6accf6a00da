package election

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// A hunt is a kind of world in which a defect is looked for. play returns what was violated.
type hunt struct {
	bug    string
	within uint64 // seeds in which it must be found
	play   func(seed uint64, change func(*Config)) string
}

var hunts = []hunt{
	{"fle-pred-1419", 5, weather{participants: 5}.broken},
	{"fle-pred-1419", 5, weather{participants: 3}.broken},
	{"fle-pred-1419", 20, sameZxid},
	{"fle-ignores-round", 50, weather{participants: 3}.broken},
	{"no-update-election-vote", 300, weather{participants: 3, restarts: true}.broken},
	{"fle-whole-votes", 300, weather{participants: 4, restarts: true}.broken},
	{"fle-blocking-connect", 5, deadServer},
	{"fle-no-resend", 5, lostVote},
	{"fle-no-looking-report", 5, leavingVoter},
	{"check-leader-wrong-map", 5, leadersWord},
	{"fle-awaits-lost-config", 5, lostConfig},
}

func (x weather) broken(seed uint64, change func(*Config)) string {
	x.change = change
	w, _ := x.play(seed)
	return w.broken
}

// TestEveryQuirkIsFound shows that the checks of this package bite: each defect breaks something in a number of
// schedules, in which the correct program breaks nothing.
func TestEveryQuirkIsFound(t *testing.T) {
	hunted := map[string]bool{}
	for _, h := range hunts {
		var set func(*Quirks)
		for _, b := range Bugs() {
			if b.Name == h.bug {
				set = b.Set
			}
		}
		hunted[h.bug] = true
		found := ""
		for seed := uint64(1); seed <= h.within && found == ""; seed++ {
			if broken := h.play(seed, func(c *Config) { set(&c.Quirks) }); broken != "" {
				found = fmt.Sprintf("seed %d: %.80s", seed, broken)
			}
		}
		if found == "" {
			t.Errorf("%s survives %d seeds", h.bug, h.within)
		}
		t.Logf("%-24s %s", h.bug, found)
		for seed := uint64(1); seed <= min(h.within, 40); seed++ {
			if broken := h.play(seed, func(*Config) {}); broken != "" {
				t.Errorf("%s: without it, seed %d: %s", h.bug, seed, broken)
			}
		}
	}
	for _, b := range Bugs() {
		if !hunted[b.Name] {
			t.Errorf("nobody hunts %s", b.Name)
		}
	}
}

func world(seed uint64, text string, change func(*Config), puppets ...int64) (*toyWorld, *rand.Rand) {
	return newToys(sim.Config{Seed: seed, EventsMax: 20_000, Net: sim.NetConfig{Delay: lan.Delay}}, text, change, puppets...), rand.New(rand.NewPCG(seed, 4))
}

// sameZxid: three to five servers have one zxid and different epochs, and nothing goes wrong. What each vote is worth is not
// looked at here, only whether an end comes, which the ticket is about.
func sameZxid(seed uint64, change func(*Config)) string {
	w, rng := world(seed, members(3+int(seed%3), 0), change)
	w.lenient = true
	for i, m := range w.u.Machines() {
		w.disks[i].epoch, w.disks[i].zxid = int64(rng.IntN(4)), 0x100000000
		m.Start(time.Duration(rng.IntN(300)) * time.Millisecond)
	}
	if !w.u.RunUntil(w.settled, 6*time.Second) {
		return "a leader is found in time: not with equal zxids and different epochs\n" + w.states()
	}
	return w.broken
}

// deadServer: one of five has no power, and dials to it hang for 5 s. The others need not wait for it.
func deadServer(seed uint64, change func(*Config)) string {
	w, rng := world(seed, members(5, 0), change)
	var others [][2]nodes.ID
	for _, m := range w.u.Machines()[1:] {
		others = append(others, [2]nodes.ID{m.ID(), "n1"})
		m.Start(time.Duration(rng.IntN(100)) * time.Millisecond)
	}
	w.u.DisturbLinks("no power", others, sim.LinkFault{HangDials: true})
	if !w.u.RunUntil(w.settled, 3*time.Second) {
		return "a leader is found in time: not with one of five dead\n" + w.states()
	}
	return w.broken
}

// lostVote: two of three elect, and all that they first tell each other is lost with its connection. When one of them
// repeats itself, both hear of it, long before the other would have repeated itself too.
func lostVote(seed uint64, change func(*Config)) string {
	const patience = 20 * time.Second
	w, rng := world(seed, members(3, 0), func(c *Config) { c.NotificationMin = patience; change(c) })
	first, second := time.Duration(rng.IntN(100))*time.Millisecond, time.Duration(rng.IntN(100))*time.Millisecond
	w.u.Machine("n1").Start(first)
	w.u.Machine("n2").Start(2*time.Second + second)
	w.u.After(2*time.Second, "resets", func() {
		f := w.u.DisturbLinks("resets", pairs([]nodes.ID{"n1"}, []nodes.ID{"n2"}), sim.LinkFault{ResetPPM: 1_000_000})
		w.u.After(5*time.Second, "end", f.End)
	})
	w.u.Run(patience + first + 700*time.Millisecond)
	for _, sid := range []int64{1, 2} {
		if w.toy(sid).e.State() == Looking {
			return fmt.Sprintf("a leader is found in time: %d has not been told again what was lost\n%s", sid, w.states())
		}
	}
	return w.broken
}

// lostConfig: one of three has heard of an ensemble in which two observers vote instead of the others, and comes when a leader is
// elected by those who have not.
func lostConfig(seed uint64, change func(*Config)) string {
	w, rng := world(seed, members(3, 2), change)
	late := w.u.Machine("n3")
	for _, m := range w.u.Machines() {
		if m != late {
			m.Start(time.Duration(rng.IntN(100)) * time.Millisecond)
		}
	}
	w.u.Run(2 * time.Second)
	q, err := config.ParseQuorum("next", []byte("server.3=n3:2888:3888\nserver.4=n4:2888:3888\nserver.5=n5:2888:3888\nversion=1"))
	if err != nil {
		panic(err)
	}
	w.next = q
	late.Start(0)
	w.u.Run(w.u.Now() + 100*time.Millisecond)
	if !w.u.RunUntil(w.settled, w.u.Now()+3*time.Second) {
		return "the core converges: 3 does not follow whom the others have elected\n" + w.states()
	}
	return w.broken
}

// leavingVoter: a voter leaves its leader, and the leader is told so.
func leavingVoter(seed uint64, change func(*Config)) string {
	w, rng := world(seed, members(3, 0), change)
	for _, m := range w.u.Machines() {
		m.Start(time.Duration(rng.IntN(100)) * time.Millisecond)
	}
	w.u.RunUntil(w.settled, 5*time.Second)
	w.reports = nil
	w.u.Machine("n2").Kill(0)
	w.u.Machine("n2").Start(0)
	w.u.Run(w.u.Now() + 500*time.Millisecond)
	if len(w.reports) == 0 {
		return "a leader whose voters have left is told: it was not"
	}
	return w.broken
}

// leadersWord: a server and another that looks support a leader, and the leader says once that it leads.
func leadersWord(seed uint64, change func(*Config)) string {
	w, _ := world(seed, members(5, 0), change, 4, 5)
	for _, id := range []nodes.ID{"n1", "n4", "n5"} {
		w.u.Machine(id).Start(0)
	}
	w.u.Run(10 * time.Millisecond)
	v := Vote{Leader: 5, Round: 1}
	w.u.Machine("n4").Node().(*puppet).todo = []letter{{1, (&notification{vote: v}).append(nil)}}
	w.u.Run(160 * time.Millisecond)
	w.u.Machine("n5").Node().(*puppet).todo = []letter{{1, (&notification{state: Leading, vote: v}).append(nil)}}
	w.u.Run(320 * time.Millisecond)
	if w.toy(1).e.State() != Following {
		return "a leader's word counts when it is heard: it did not"
	}
	return w.broken
}
