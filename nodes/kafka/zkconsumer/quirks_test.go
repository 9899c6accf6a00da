package zkconsumer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	zproto "orrery/nodes/zab/proto"
)

// hold makes nodes in a session that goes on.
func (r *rig) hold(name string, after time.Duration, paths ...string) {
	r.u.Add(nodes.ID(name), func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := client.OpenSession(t, zkConfig())
			s.Sleep(after)
			for _, p := range paths {
				data := []byte(`{"version":1,"subscription":{"t":1},"pattern":"static","timestamp":"0"}`)
				s.Do(client.Create(p, data, nil, zproto.ModeEphemeral))
			}
			for {
				s.Sleep(time.Second)
			}
		})
	}).Start(0)
}

// groupNodes makes what a group needs before its first consumer comes.
func (r *rig) groupNodes() {
	r.zk("groupmaker", func(s *client.Session) {
		for _, p := range []string{"/consumers", "/consumers/g", "/consumers/g/ids", "/consumers/g/owners", "/consumers/g/owners/t"} {
			s.Do(client.Create(p, nil, nil, zproto.ModePersistent))
		}
	})
}

// defects are the stories in which each defect shows, and whether something has gone wrong in them.
var defects = map[string]func(r *rig, change func(*Config)) bool{
	"no-rollback-on-claim-fail": func(r *rig, change func(*Config)) bool {
		r.groupNodes()
		r.hold("other", 0, "/consumers/g/owners/t/1") // which is no consumer that a could know of
		r.pass(time.Second)
		r.start("a", change)
		r.pass(5 * time.Second)
		require.True(r.t, r.by["a"].Inspect().Failed)
		return len(r.reads("a")) == 0 && r.owners("look")[0] == "g_a-0"
	},
	"commit-without-owner-check": func(r *rig, change func(*Config)) bool {
		r.slow = 100 * time.Millisecond
		back := r.watchOffset(0)
		r.start("a", change)
		r.start("b", change)
		r.pass(10 * time.Second)
		r.u.Machine("a").Pause()
		r.pass(4 * session)
		r.u.Machine("b").Kill(0) // else it might store its own offset at once, and nobody would see
		r.u.Machine("a").Resume()
		r.pass(4 * session)
		require.Equal(r.t, []int32{0, 1}, r.reads("a"))
		return *back > 0
	},
	"no-stop-fetchers-before-release": func(r *rig, change func(*Config)) bool {
		r.start("a", change)
		r.pass(3 * time.Second)
		since := r.u.Now()
		r.start("b", change)
		r.pass(3 * time.Second)
		require.NotEmpty(r.t, r.reads("b"))
		return r.twice(since) > 0
	},
	"cached-cluster-view": func(r *rig, change func(*Config)) bool {
		r.groupNodes()
		r.hold("h", 0, "/consumers/g/owners/t/1")
		r.hold("i", 1500*time.Millisecond, "/consumers/g/ids/g_h") // it is seen only later that this one is there
		r.pass(time.Second)
		r.start("a", change)
		r.pass(5 * time.Second)
		return r.reached(markGivesUp)
	},
	"trust-old-owner": func(r *rig, change func(*Config)) bool {
		r.start("a", change)
		r.pass(3 * time.Second)
		r.u.Machine("a").Kill(0)
		r.u.Machine("a").Start(0) // before its session has ended
		r.pass(4 * session)
		return len(r.reads("a")) < r.parts
	},
}

func TestEveryDefectCanBeSeen(t *testing.T) {
	for _, d := range Defects() {
		t.Run(d.Name, func(t *testing.T) {
			story := defects[d.Name]
			require.NotNil(t, story)
			parts := map[bool]int{true: 12, false: 2}[d.Name == "no-stop-fetchers-before-release"]
			require.False(t, story(newRig(t, parts), nil), "without the defect")
			require.True(t, story(newRig(t, parts), func(c *Config) { d.Set(&c.Quirks) }), "with it")
		})
	}
	require.Len(t, defects, len(Defects()))
}
