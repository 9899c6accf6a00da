package election

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// A toy is a server that does the least that elections need around them: followers tell their leader every
// 100 ms that they are there; a leader that hears of a quorum establishes a new epoch and tells it to them; whoever hears
// nothing for a second looks for a leader again.
type toy struct {
	w     *toyWorld
	sid   int64
	keeps *keeps
	e     *Election
	cfg   Config
	beats int // until the server gives up

	heard       map[int64]time.Duration // by follower: when it last said that it is there
	newest      int64                   // the newest epoch of any of them
	established bool
	before      int64 // the round before the present event,
	drained     bool  // and whether it waited for a better vote
}

// keeps is what a toy has on its disk.
type keeps struct{ zxid, epoch int64 }

type here struct{ Sid, Epoch int64 }
type welcome struct{ Sid, Epoch, Zxid int64 }

func (here) Kind() string    { return "here" }
func (welcome) Kind() string { return "welcome" }

const (
	toyBeat     = 100 * time.Millisecond
	toyPatience = 10 // beats
)

func (t *toy) Codec() nodes.Codec                 { return nodes.JSONCodec(here{}, welcome{}) }
func (t *toy) Synced(nodes.Env, nodes.Tag, error) {}

func (t *toy) Boot(env nodes.Env) error {
	t.e = New(t.cfg, t.w.quorum, t.w.next)
	if err := t.e.Boot(env); err != nil {
		return err
	}
	t.look(env)
	env.SetTimer(nodes.Tag{Name: "beat"}, toyBeat)
	return nil
}

func (t *toy) look(env nodes.Env) {
	t.established, t.heard, t.newest, t.beats = false, map[int64]time.Duration{}, 0, toyPatience
	t.e.Look(env, t.keeps.zxid, t.keeps.epoch)
	t.w.cast(t)
}

func (t *toy) Opened(env nodes.Env, c nodes.Conn, _ string)   { t.after(env, t.e.Opened(env, c)) }
func (t *toy) Received(env nodes.Env, c nodes.Conn, p []byte) { t.after(env, t.e.Received(env, c, p)) }
func (t *toy) Closed(env nodes.Env, c nodes.Conn, _ error)    { t.after(env, t.e.Closed(env, c)) }

func (t *toy) Posted(env nodes.Env, stage nodes.Tag, _ nodes.Message) {
	t.before, t.drained = t.e.Round(), false
	t.after(env, t.e.Posted(env, stage))
}

func (t *toy) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name != "beat" {
		t.before, t.drained = t.e.Round(), t.e.phase == draining
		t.after(env, t.e.Fire(env, tag))
		return
	}
	env.SetTimer(tag, toyBeat)
	if t.e.State() == Looking {
		return
	}
	t.beats--
	if t.e.State() == Leading {
		var alive []int64
		for _, m := range t.w.quorum.Members() {
			at, ok := t.heard[m.ID]
			if m.ID == t.sid || ok && env.Monotonic()-at < toyPatience*toyBeat {
				alive = append(alive, m.ID)
			}
		}
		if t.w.isQuorum(alive) {
			t.beats = toyPatience
		}
	} else {
		env.Send(t.w.machine(t.e.CurrentVote().Leader), here{t.sid, t.keeps.epoch})
	}
	if t.beats <= 0 {
		t.w.log("%d gives up", t.sid)
		t.look(env)
	}
}

func (t *toy) after(env nodes.Env, mine bool) {
	if !mine {
		panic("an event that is nobody's")
	}
	t.w.cast(t)
	for ev, ok := t.e.Take(); ok; ev, ok = t.e.Take() {
		switch ev := ev.(type) {
		case Elected:
			t.beats = toyPatience
			t.w.log("%d is %v: %v by %v", t.sid, ev.State, ev.Vote, ev.Supporters)
			t.w.elected(t, ev)
		case LookingVoter:
			t.w.log("%d hears that %d is looking", t.sid, ev.Sid)
			t.w.reports = append(t.w.reports, ev.Sid)
		case NewerConfig:
			t.w.log("%d hears of configuration %x", t.sid, ev.Quorum.Version())
			t.w.quorum = ev.Quorum
			if ev.Halted {
				t.e.Restart(env, ev.Quorum, nil)
				t.look(env)
			}
		}
	}
}

func (t *toy) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case here:
		if t.e.State() == Leading {
			t.heard[m.Sid] = env.Monotonic()
			t.newest = max(t.newest, m.Epoch)
			t.lead(env)
			if t.established && m.Epoch > t.keeps.epoch { // it can never follow this leader
				t.look(env)
			} else if t.established {
				env.Send(from, welcome{t.sid, t.keeps.epoch, t.keeps.zxid})
			}
		}
	case welcome:
		if s := t.e.State(); (s == Following || s == Observing) && m.Sid == t.e.CurrentVote().Leader && m.Epoch >= t.keeps.epoch {
			t.beats = toyPatience
			t.keeps.epoch = m.Epoch
			if env.Rand().IntN(2) == 0 { // else it has not caught up yet
				t.keeps.zxid = m.Zxid
			}
			t.e.SetVoteEpoch(m.Epoch)
		}
	}
}

// lead establishes a new epoch once a quorum is there.
func (t *toy) lead(env nodes.Env) {
	ids := []int64{t.sid}
	for _, m := range t.w.quorum.Members() {
		if _, ok := t.heard[m.ID]; ok {
			ids = append(ids, m.ID)
		}
	}
	if !t.established && t.w.isQuorum(ids) {
		t.established = true
		t.keeps.epoch = max(t.newest, t.keeps.epoch) + 1
		if env.Rand().IntN(2) == 0 { // else no transaction comes of it
			t.keeps.zxid = t.keeps.epoch << 32
		}
		t.e.SetVoteEpoch(t.keeps.epoch)
		t.w.log("%d establishes epoch %d", t.sid, t.keeps.epoch)
	}
}

// toyWorld is an ensemble of toys in a universe, and what is known about their votes from outside.
type toyWorld struct {
	u       *sim.Universe
	quorum  *config.Quorum
	next    *config.Quorum // proposed and not yet agreed on; nil if there is none
	disks   []*keeps
	lines   []string
	said    map[string]bool // "sid leader round": who has ever wanted whom to lead
	broken  string
	reports []int64
	lenient bool // does not look at what votes are worth
}

const anyRound = -2

// newToys makes an ensemble whose members the text names; hosts are machines. Some may be puppets.
func newToys(cfg sim.Config, text string, change func(*Config), puppets ...int64) *toyWorld {
	q, err := config.ParseQuorum("toys", []byte(text))
	if err != nil {
		panic(err)
	}
	w := &toyWorld{u: sim.New(cfg), quorum: q, said: map[string]bool{}}
	for _, m := range q.Members() {
		k := &keeps{}
		w.disks = append(w.disks, k)
		if slices.Contains(puppets, m.ID) {
			w.puppet(m)
			continue
		}
		c := Config{Self: m.ID, Port: m.Election[0].Port, Announce: m.Election}
		if change != nil {
			change(&c)
		}
		w.u.Add(w.machine(m.ID), func() nodes.Node { return &toy{w: w, sid: c.Self, keeps: k, cfg: c} })
	}
	return w
}

// members is the text of an ensemble of so many participants, and then so many observers.
func members(participants, observers int) string {
	var b strings.Builder
	for i := 1; i <= participants+observers; i++ {
		role := "participant"
		if i > participants {
			role = "observer"
		}
		fmt.Fprintf(&b, "server.%d=n%d:2888:3888:%s\n", i, i, role)
	}
	return b.String()
}

func (w *toyWorld) machine(sid int64) nodes.ID { return nodes.ID(fmt.Sprint("n", sid)) }

func (w *toyWorld) toy(sid int64) *toy {
	t, _ := w.u.Machine(w.machine(sid)).Node().(*toy)
	return t
}

// isQuorum tells whether servers are a quorum of the present ensemble, and of the next.
func (w *toyWorld) isQuorum(ids []int64) bool {
	return w.quorum.ContainsQuorum(ids) && (w.next == nil || w.next.ContainsQuorum(ids))
}

func (w *toyWorld) log(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf("%6.3fs ", w.u.Now().Seconds())+fmt.Sprintf(format, args...))
}

func (w *toyWorld) fail(property, format string, args ...any) {
	if w.broken == "" {
		w.broken = property + ": " + fmt.Sprintf(format, args...)
		w.u.Stop()
	}
}

// cast notes what a server wants, and checks that it does not want less than itself.
func (w *toyWorld) cast(t *toy) {
	v := t.e.vote
	if t.e.phase != idle {
		v = t.e.proposal
		if !w.lenient && t.e.initial.Leader != NoServer && t.e.initial.After(v) {
			w.fail("no vote for an older history", "%d, who has %v, votes for %v", t.sid, t.e.initial, v)
		}
	}
	w.said[fmt.Sprint(t.sid, v.Leader, v.Round)] = true
	w.said[fmt.Sprint(t.sid, v.Leader, anyRound)] = true
}

// elected checks what must hold of whoever is elected.
func (w *toyWorld) elected(t *toy, ev Elected) {
	if !w.quorum.ContainsQuorum(ev.Supporters) || ev.State == Leading && !w.isQuorum(ev.Supporters) {
		w.fail("elected by a quorum", "%v has only %v", ev.Vote, ev.Supporters)
	}
	if ev.State != Leading {
		return
	}
	if ev.Vote.Round != t.before {
		w.fail("leads in its own round", "%d, in round %d, leads %v", t.sid, t.before, ev.Vote)
	}
	for _, s := range ev.Supporters {
		round := ev.Vote.Round
		if !t.drained {
			round = anyRound // of those who follow, only the leader and its epoch are compared
		}
		if !w.said[fmt.Sprint(s, ev.Vote.Leader, round)] {
			w.fail("votes were cast", "%d counts a vote of %d for %v", t.sid, s, ev.Vote)
		}
	}
}

// settled tells whether all servers that are up follow one leader that has established its epoch.
func (w *toyWorld) settled() bool {
	leader := int64(NoServer)
	for _, m := range w.quorum.Members() {
		if t := w.toy(m.ID); t != nil && t.e.State() == Leading {
			if leader != NoServer || !t.established {
				return false
			}
			leader = m.ID
		}
	}
	if leader == NoServer {
		return false
	}
	l := w.toy(leader)
	for _, m := range w.quorum.Members() {
		t := w.toy(m.ID)
		if t == nil || m.ID == leader {
			continue
		}
		want := Following
		if m.Role == config.Observer {
			want = Observing
		}
		if t.e.State() != want || t.e.CurrentVote().Leader != leader || t.keeps.epoch != l.keeps.epoch {
			return false
		}
	}
	return true
}

// states is what every server does, a line each.
func (w *toyWorld) states() string {
	var b strings.Builder
	for _, m := range w.quorum.Members() {
		t := w.toy(m.ID)
		if t == nil {
			fmt.Fprintf(&b, "%d is down\n", m.ID)
			continue
		}
		v := t.e.CurrentVote()
		if t.e.phase != idle {
			v = t.e.proposal
		}
		fmt.Fprintf(&b, "%d %v %v\n", m.ID, t.e.State(), v)
	}
	return b.String()
}

// pairs are the links between two sets of machines, in both directions.
func pairs(a, b []nodes.ID) [][2]nodes.ID {
	var out [][2]nodes.ID
	for _, x := range a {
		for _, y := range b {
			if x != y {
				out = append(out, [2]nodes.ID{x, y}, [2]nodes.ID{y, x})
			}
		}
	}
	return slices.Compact(out)
}
