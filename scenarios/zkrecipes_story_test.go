package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/recipes"
	"orrery/sim"
)

// recipeStory is two machines, a lock and what it protects.
type recipeStory struct {
	r     *recipeWorld
	lines []string
}

func newRecipeStory(t *testing.T) *recipeStory {
	w := &trial.World{U: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})}
	r := &recipeWorld{w: w, servers: []nodes.ID{"z1", "z2", "z3"}, configs: map[nodes.ID]*config.Config{}, log: newRecipeLog(), store: newRecipeStore(w)}
	require.NoError(t, r.drawConfig())
	for i, id := range r.servers {
		w.AddServer(id, func() nodes.Node { return zab.New(zab.Config{Zoo: r.configs[id], ID: int64(i + 1)}) })
	}
	w.AddClient(resourceID, func() nodes.Node { return r.store })
	return &recipeStory{r: r}
}

func (s *recipeStory) say(t *recipeTurn, format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf("%5.2fs  %s %s", s.r.w.U.Now().Seconds(), t.Name, fmt.Sprintf(format, args...)))
}

// machine adds a machine that acquires the lock, reads, does something, and writes.
func (s *recipeStory) machine(name string, after time.Duration, between func(t *recipeTurn)) {
	seat := &recipeSeat{world: s.r, id: nodes.ID(name), servers: s.r.servers}
	s.r.w.AddClient(seat.id, func() nodes.Node {
		return task.New(recipeCodec(), func(tt *task.T) {
			t := &recipeTurn{Party: recipes.Party{T: tt, Name: name}, seat: seat}
			tt.Sleep(after)
			t.renew()
			l := &recipes.Lock{Party: t.Party, Path: "/lock"}
			s.say(t, "asks for the lock")
			h, err := l.Acquire(recipes.Exclusive, time.Minute)
			if err != nil {
				s.say(t, "does not get it: %v", err)
				return
			}
			s.say(t, "holds the lock, with token %x", h.Token)
			read, _ := t.ask(func(n string) nodes.Message { return &storeRead{"lock", h.Token, n} })
			s.say(t, "reads version %d", read.Version)
			between(t)
			wrote, ok := t.ask(func(n string) nodes.Message { return &storeWrite{"lock", h.Token, n, read.Version, name} })
			switch {
			case !ok:
				s.say(t, "gets no answer to its write")
			case wrote.Refused:
				s.say(t, "is refused: token %x is older than one that the resource has seen", h.Token)
			default:
				s.say(t, "has written what it made of version %d: version %d, %q", read.Version, wrote.Version, s.r.store.cells["lock"].text)
			}
			l.Release(h)
			if t.over() {
				s.say(t, "is told that its session has expired")
			} else {
				s.say(t, "releases the lock")
			}
		})
	})
}

// TestRecipeStories plays the stories of testdata/recipes.
//
//	go test ./scenarios -run RecipeStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestRecipeStories(t *testing.T) {
	datadriven.RunTest(t, "testdata/recipes/fencing.txt", func(t *testing.T, d *datadriven.TestData) string {
		require.Equal(t, "pause", d.Cmd)
		var fencing string
		d.ScanArgs(t, "fencing", &fencing)
		s := newRecipeStory(t)
		s.r.store.fences = fencing == "on"
		u := s.r.w.U
		s.machine("A", 0, func(t *recipeTurn) {
			s.say(t, "is paused")
			a := u.DisturbProcesses("pause(A)", []nodes.ID{"A"}, sim.ProcessFault{Pause: true})
			u.After(3*s.r.timeout, "resume A", func() {
				a.End()
				s.say(t, "goes on")
			})
			t.T.Sleep(time.Millisecond)
		})
		s.machine("B", time.Second, func(t *recipeTurn) { t.S.Sleep(50 * time.Millisecond) })
		u.Run(20 * time.Second)
		lost := s.r.store.judge()
		if fencing == "on" {
			require.NoError(t, lost)
		} else {
			require.Error(t, lost)
			s.lines = append(s.lines, "violated: "+lost.Error())
		}
		return strings.Join(s.lines, "\n") + "\n"
	})
}
