package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/recipes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// recipeSeat is a machine that uses the recipes: a task and a session for each.
type recipeSeat struct {
	world   *recipeWorld
	id      nodes.ID
	index   int
	servers []nodes.ID
	begun   []int  // turns, by part
	resting []bool // by part
	probes  bool
	why     []string // by part: why the probe has not served yet
	asked   int      // of the store
}

func newRecipeSeat(r *recipeWorld, name string, servers []nodes.ID) *recipeSeat {
	s := &recipeSeat{world: r, id: nodes.ID(name), index: len(r.seats), servers: servers,
		begun: make([]int, len(r.parts)), resting: make([]bool, len(r.parts)), why: make([]string, len(r.parts))}
	for i := range s.why {
		s.why[i] = "not used yet"
	}
	return s
}

func (s *recipeSeat) idle() bool { return !slices.Contains(s.resting, false) }

// recipeTurn is a machine's use of one recipe.
type recipeTurn struct {
	recipes.Party
	seat *recipeSeat
	part int
	n    int // which turn
}

// draw is a draw of this turn, by what it decides.
func (t *recipeTurn) draw(what string, n uint64) uint64 {
	return t.seat.world.w.U.Draw("workload/"+string(t.seat.id), trace.Mix(trace.String(what), uint64(t.part)<<32|uint64(t.n)), n)
}

func (t *recipeTurn) drawDuration(what string, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(t.draw(what, uint64(hi-lo)+1))
}

// now is the true time, for what the machine does; the machine itself cannot know it.
func (t *recipeTurn) now() int64 { return int64(t.seat.world.w.U.Now()) }

// note puts what the machine does into the trace, for whoever reads the story of a run.
func (t *recipeTurn) note(format string, args ...any) {
	if u := t.seat.world.w.U; u.Recording() {
		u.Note(t.seat.id, fmt.Sprintf(format, args...))
	}
}

// renew opens a session in place of the one that the machine had.
func (t *recipeTurn) renew() {
	t.S = client.OpenSession(t.T, client.Config{Servers: t.seat.world.addresses(t.seat.servers), Timeout: t.seat.world.timeout, Stream: true})
}

// over tells whether the session is over.
func (t *recipeTurn) over() bool { return t.S.Client().State().Over() }

// node makes the machine's program.
func (s *recipeSeat) node() nodes.Node {
	return task.New(recipeCodec(), func(t *task.T) {
		for i, p := range s.world.parts {
			s.resting[i] = false
			t.Go(p.name(), func(t *task.T) { s.run(t, i, p) })
		}
		t.Wait()
	})
}

// run takes the machine's turns in one part, and then rests: its sessions live on.
func (s *recipeSeat) run(t *task.T, part int, p recipePart) {
	turn := &recipeTurn{Party: recipes.Party{T: t, Name: string(s.id)}, seat: s, part: part}
	turn.renew()
	for s.probes && s.why[part] != "" {
		if turn.over() {
			turn.renew()
		}
		s.why[part] = p.probe(turn)
		turn.n++
	}
	for !s.probes && s.begun[part] < s.world.quota && !s.world.stopped {
		if turn.over() {
			turn.renew()
		}
		turn.n = s.begun[part]
		s.begun[part]++
		p.turn(turn)
		turn.S.Sleep(turn.drawDuration("think", 0, 200*time.Millisecond))
	}
	s.resting[part] = true
	for {
		if turn.over() {
			turn.renew()
		}
		p.rest(turn)
	}
}

// drawSeats adds the machines.
func (r *recipeWorld) drawSeats(s *Scenario) {
	ops := r.w.Options.Ops
	if ops == 0 {
		ops = s.Ops
	}
	n := r.w.Options.Clients
	if n == 0 {
		n = 3 + int(r.w.Draw("machines", 2))
	}
	r.quota = max(1, ops/n/len(r.parts))
	for i := range n {
		r.seats = append(r.seats, newRecipeSeat(r, fmt.Sprintf("c%d", i+1), r.servers))
	}
	for _, seat := range r.seats {
		r.w.AddClient(seat.id, seat.node)
	}
}

// trouble is what happens to a machine.
type trouble uint8

const (
	pauseTrouble trouble = iota
	crashTrouble
	cutTrouble
	anyTrouble
)

// drawTroubles draws what happens to the machines: they are paused (a garbage collection, a virtual machine that is moved), crash and
// start again, and are cut off from all servers. All of it ends by itself.
func (r *recipeWorld) drawTroubles() {
	w, u := r.w, r.w.U
	if !w.Chance("troubles", 850_000) && r.trouble == anyTrouble {
		return
	}
	pauses := w.Chance("pauses", 600_000)
	for i := range 1 + int(w.Draw("how many troubles", 5)) {
		name := func(what string) string { return fmt.Sprintf("trouble %d/%s", i, what) }
		seat := r.seats[w.Draw(name("who"), uint64(len(r.seats)))]
		at := w.DrawDuration(name("at"), 300*time.Millisecond, recipeHorizon*2/3)
		d := w.DrawDuration(name("for"), r.timeout/3, 4*r.timeout)
		kind := trouble(w.Draw(name("kind"), 3))
		switch {
		case r.trouble != anyTrouble:
			kind = r.trouble
		case kind == pauseTrouble && !pauses:
			kind = cutTrouble
		}
		ids := []nodes.ID{seat.id}
		switch kind {
		case pauseTrouble:
			r.paused = true
			u.After(at, name("begins"), func() {
				a := u.DisturbProcesses(fmt.Sprintf("pause(%s)", seat.id), ids, sim.ProcessFault{Pause: true})
				u.After(d, name("ends"), a.End)
			})
		case crashTrouble:
			u.After(at, name("begins"), func() {
				u.Strike(fmt.Sprintf("crash(%s)", seat.id), 1)
				u.Machine(seat.id).Kill(vdisk.LoseNothing)
				u.Machine(seat.id).Start(d / 4)
			})
		default:
			var cuts [][2]nodes.ID
			for _, id := range r.servers {
				cuts = append(cuts, [2]nodes.ID{id, seat.id}, [2]nodes.ID{seat.id, id})
			}
			u.After(at, name("begins"), func() {
				a := u.DisturbLinks(fmt.Sprintf("cut(%s)", seat.id), cuts, sim.LinkFault{Cut: true})
				u.After(d, name("ends"), a.End)
			})
		}
	}
}
