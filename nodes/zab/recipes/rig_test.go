package recipes

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/sim"
)

// rig is a server that stands alone, and machines that use it.
type rig struct {
	t    testing.TB
	u    *sim.Universe
	open int // parties that have not ended
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, u: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})}
	r.u.Add("z", func() nodes.Node {
		c, err := config.Parse("zoo.cfg", []byte("tickTime=100\ndataDir=/data\nclientPort=2181\n"))
		require.NoError(t, err)
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	return r
}

// party runs a body on a machine of its own, with a session of two seconds.
func (r *rig) party(name string, body func(p Party)) {
	r.open++
	r.u.Add(nodes.ID(name), func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			body(Party{T: t, S: r.session(t), Name: name})
			r.open--
		})
	}).Start(0)
}

func (r *rig) session(t *task.T) *client.Session {
	return client.OpenSession(t, client.Config{Servers: []nodes.Addr{{ID: "z", Port: 2181}}, Timeout: 2 * time.Second, Stream: true})
}

// run runs until all parties have ended.
func (r *rig) run() {
	r.t.Helper()
	require.True(r.t, r.u.RunUntil(func() bool { return r.open == 0 }, r.u.Now()+time.Minute), "%d parties have not ended: %v", r.open, r.u.Violation())
}

// breakAnswers has the connections of a machine break, for a moment, when the server answers: the requests are carried out.
func (r *rig) breakAnswers(to string) {
	a := r.u.DisturbLinks(fmt.Sprintf("break(z -> %s)", to), [][2]nodes.ID{{"z", nodes.ID(to)}}, sim.LinkFault{ResetPPM: 1_000_000})
	r.u.After(10*time.Millisecond, "heal", a.End)
}

// deafen has a machine hear nothing of the server for a while.
func (r *rig) deafen(id string, d time.Duration) {
	a := r.u.DisturbLinks(fmt.Sprintf("cut(z -> %s)", id), [][2]nodes.ID{{"z", nodes.ID(id)}}, sim.LinkFault{Cut: true})
	r.u.After(d, "heal", a.End)
}

// names are the children of a node, as a party sees them.
func names(p Party, path string) []string {
	list, _, err := p.children(path, false, task.Forever)
	if err != nil {
		return nil
	}
	return list
}
