package ensemble

import (
	"fmt"
	"slices"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// The times of an ensemble. Sessions are granted from 2 to 20 ticks.
const (
	Tick    = 50 * time.Millisecond
	Session = 6 * Tick
)

// port is where clients connect to.
const port = 2181

// Ensemble is the servers of a lesson.
type Ensemble struct {
	W   *stage.World
	IDs []nodes.ID // "z1", "z2", …
}

// New adds n servers to a world, as servers that may be broken, and says who leads them. adjust, if it is not nil, changes what one of
// them is told, each time that its process starts: a defect, a probe.
func New(w *stage.World, n int, adjust func(c *zab.Config)) *Ensemble {
	e := &Ensemble{W: w}
	for i := range n {
		e.IDs = append(e.IDs, nodes.ID(fmt.Sprintf("z%d", i+1)))
	}
	w.U.Tune(func(c *sim.Config) {
		c.Net.Delay = sim.Dist{Min: 500 * time.Microsecond, Mean: 2 * time.Millisecond}
		c.Disk.Sync = sim.Dist{Min: 200 * time.Microsecond, Mean: time.Millisecond}
		if c.Recorder != nil {
			c.Recorder = &quiet{to: c.Recorder, frames: w.Frames}
		}
	})
	w.Timescale, w.Leader = 3*Tick, e.Leader
	for i, id := range e.IDs {
		zoo := e.zoo(int64(i + 1))
		w.AddServer(id, func() nodes.Node {
			own := *zoo
			c := zab.Config{Zoo: &own, ID: int64(i + 1)}
			if adjust != nil {
				adjust(&c)
			}
			return zab.New(c)
		})
	}
	return e
}

// zoo is a server's zoo.cfg. That it can be read is a matter of this text alone.
func (e *Ensemble) zoo(id int64) *config.Config {
	text := fmt.Sprintf("tickTime=%d\ninitLimit=8\nsyncLimit=4\ndataDir=/data\nclientPort=%d\n", Tick.Milliseconds(), port)
	for i, peer := range e.IDs {
		text += fmt.Sprintf("server.%d=%s:2888:3888\n", i+1, peer)
	}
	c, err := config.Parse("zoo.cfg", []byte(text))
	if err == nil {
		err = c.Identify(id)
	}
	if err != nil {
		panic(fmt.Sprintf("ensemble: %v", err))
	}
	c.PreAllocSize = 0
	c.NotificationMin, c.NotificationMax = Tick, 8*Tick
	return c
}

// Server is what runs on a machine; nil while it is down, or reads its disk.
func (e *Ensemble) Server(id nodes.ID) *zab.Server {
	if s, up := e.W.U.Machine(id).Node().(*zab.Server); up && s.Booted() {
		return s
	}
	return nil
}

// Leader is the server that leads the highest epoch.
func (e *Ensemble) Leader() (leader nodes.ID, ok bool) {
	highest := int64(-1)
	for _, id := range e.IDs {
		if s := e.Server(id); s != nil {
			if epoch, leads := s.Leads(); leads && epoch > highest {
				leader, highest, ok = id, epoch, true
			}
		}
	}
	return leader, ok
}

// Follower is the first server, in the order of their numbers, that serves and does not lead.
func (e *Ensemble) Follower() (nodes.ID, bool) {
	leader, _ := e.Leader()
	i := slices.IndexFunc(e.IDs, func(id nodes.ID) bool {
		s := e.Server(id)
		return s != nil && id != leader && s.Serves()
	})
	if i < 0 {
		return "", false
	}
	return e.IDs[i], true
}

// Open opens a session with one of the servers named, or with any of them all.
func (e *Ensemble) Open(t *task.T, servers ...nodes.ID) *client.Session {
	return client.OpenSession(t, e.Config(servers...))
}

// Config is how a client connects to the servers named, or to all.
func (e *Ensemble) Config(servers ...nodes.ID) client.Config {
	if len(servers) == 0 {
		servers = e.IDs
	}
	var list []nodes.Addr
	for _, id := range servers {
		list = append(list, nodes.Addr{ID: id, Port: port})
	}
	return client.Config{Servers: list, Timeout: Session, Stream: true}
}

// Note puts into the story what a client does.
func Note(t *task.T, format string, args ...any) {
	if nodes.Noting(t.Env()) {
		nodes.Note(t.Env(), fmt.Sprintf(format, args...))
	}
}

// On puts into the story what a server is told, or does, that the lessons are about: a probe for zab.Config.
func (e *Ensemble) On(s *zab.Server, m zab.Milestone) nodes.ID {
	id := e.IDs[s.ID()-1]
	if !e.W.U.Recording() {
		return id
	}
	switch m.Kind {
	case zab.EpochAccepted:
		e.W.U.Note(id, fmt.Sprintf("accepts epoch %d", m.Epoch))
	case zab.Proposed:
		e.W.U.Note(id, fmt.Sprintf("proposes %x", m.Zxid))
	case zab.Committed:
		e.W.U.Note(id, fmt.Sprintf("commits %x", m.Zxid))
	}
	return id
}
