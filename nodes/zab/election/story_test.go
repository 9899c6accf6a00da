package election

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// TestStories plays the stories of testdata. The cases of do are the reference of the language.
//
//	go test ./nodes/zab/election -run Stories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &storyteller{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.do(t, d)
			out := strings.Join(s.w.lines, "\n") + "\n"
			if s.w.lines == nil {
				out = "ok\n"
			}
			s.w.lines = nil
			if s.w.broken != "" {
				out += "broken: " + s.w.broken + "\n"
				s.w.broken = ""
			}
			return out
		})
	})
}

type storyteller struct{ w *toyWorld }

func (s *storyteller) do(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "cluster": // cluster N [observers=N] [puppets=(N,...)] [epochs=(N,...)] [zxids=(HEX,...)] [quirk=NAME], and lines of groups and weights
		s.cluster(t, d)
	case "next": // next VERSION, and lines of servers: all have heard of that ensemble, and it is not agreed on
		q, err := config.ParseQuorum("next", []byte(d.Input+"\nversion="+d.CmdArgs[0].Key))
		require.NoError(t, err)
		s.w.next = q
	case "start": // start N ...: or all, and a millisecond passes
		for _, m := range s.machines(t, d) {
			m.Start(0)
		}
		s.w.u.Run(s.w.u.Now() + time.Millisecond)
	case "kill", "power": // kill N ...: the process; power: the machine, without a word to anybody
		for _, m := range s.machines(t, d) {
			if d.Cmd == "kill" {
				m.Kill(vdisk.LoseNothing)
			} else {
				m.Kill(vdisk.LoseUnsynced)
			}
		}
	case "cut": // cut N ...: they hear nothing of the others, nor the others of them
		var side, rest []nodes.ID
		cut := s.machines(t, d)
		for _, m := range s.w.u.Machines() {
			if slices.Contains(cut, m) {
				side = append(side, m.ID())
			} else {
				rest = append(rest, m.ID())
			}
		}
		s.w.u.DisturbLinks("cut", pairs(side, rest), sim.LinkFault{Cut: true})
	case "heal":
		s.w.u.HealAll()
	case "say": // say SID to=SID state=S leader=N [zxid=HEX] [epoch=N] [round=N] [config=HEX]: a puppet tells a server that
		s.say(t, d)
	case "run": // run DURATION
		dur, err := time.ParseDuration(d.CmdArgs[0].Key)
		require.NoError(t, err)
		s.w.u.Run(s.w.u.Now() + dur)
	case "states": // what every server does
		for line := range strings.SplitSeq(strings.TrimSpace(s.w.states()), "\n") {
			s.w.lines = append(s.w.lines, line)
		}
	default:
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
}

func (s *storyteller) machines(t *testing.T, d *datadriven.TestData) []*sim.Machine {
	if len(d.CmdArgs) == 0 {
		return s.w.u.Machines()
	}
	var out []*sim.Machine
	for _, a := range d.CmdArgs {
		m := s.w.u.Machine(nodes.ID("n" + a.Key))
		require.NotNil(t, m, a.Key)
		out = append(out, m)
	}
	return out
}

func (s *storyteller) cluster(t *testing.T, d *datadriven.TestData) {
	n, err := strconv.Atoi(d.CmdArgs[0].Key)
	require.NoError(t, err)
	list := func(name string, base int) (out []int64) {
		for _, a := range d.CmdArgs {
			if a.Key != name {
				continue
			}
			for _, v := range a.Vals {
				x, err := strconv.ParseInt(v, base, 64)
				require.NoError(t, err)
				out = append(out, x)
			}
		}
		return out
	}
	observers := 0
	if o := list("observers", 10); len(o) > 0 {
		observers = int(o[0])
	}
	change := func(c *Config) {
		c.Reconfig = true
		for _, a := range d.CmdArgs {
			if a.Key == "quirk" {
				set(&c.Quirks, t, a.Vals[0])
			}
			if a.Key == "patience" {
				c.NotificationMin, err = time.ParseDuration(a.Vals[0])
				require.NoError(t, err)
			}
		}
	}
	s.w = newToys(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}, BreakAfter: 3 * time.Second}},
		members(n, observers)+d.Input, change, list("puppets", 10)...)
	for i, e := range list("epochs", 10) {
		s.w.disks[i].epoch = e
	}
	for i, z := range list("zxids", 16) {
		s.w.disks[i].zxid = z
	}
}

func set(q *Quirks, t *testing.T, name string) {
	for _, b := range Bugs() {
		if b.Name == name {
			b.Set(q)
			return
		}
	}
	t.Fatalf("no quirk %s", name)
}

func (s *storyteller) say(t *testing.T, d *datadriven.TestData) {
	p, ok := s.w.u.Machine(nodes.ID("n" + d.CmdArgs[0].Key)).Node().(*puppet)
	require.True(t, ok, "no puppet")
	arg := func(name string, base int) int64 {
		for _, a := range d.CmdArgs {
			if a.Key == name {
				x, err := strconv.ParseInt(a.Vals[0], base, 64)
				require.NoError(t, err)
				return x
			}
		}
		return 0
	}
	var state string
	d.ScanArgs(t, "state", &state)
	n := notification{vote: Vote{Leader: arg("leader", 10), Zxid: arg("zxid", 16), Round: arg("round", 10), Epoch: arg("epoch", 10)}}
	for n.state.String() != state {
		n.state++
	}
	if n.state == Looking {
		s.w.said[fmt.Sprint(p.sid, n.vote.Leader, n.vote.Round)] = true
	}
	if d.HasArg("config") {
		n.config = strings.ReplaceAll(d.Input, "\\n", "\n") + fmt.Sprintf("\nversion=%x", arg("config", 16))
	}
	p.todo = append(p.todo, letter{arg("to", 10), n.append(nil)})
}
