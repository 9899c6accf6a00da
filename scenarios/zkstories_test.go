package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/zookeeper"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// zkStory is an ensemble of three to which things are done by name. Messages and syncs take a millisecond each, and nothing is left to
// chance but ties.
type zkStory struct {
	t       *testing.T
	z       *zkWorld
	clients map[string]*zkClient
	queues  map[string][]zkAsk
	cuts    []*sim.Active
	said    []string
}

func newZKStory(t *testing.T, quirk string, observers, spares int) *zkStory {
	ms := time.Millisecond
	w := &trial.World{U: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: ms}}, Disk: sim.DiskConfig{Sync: sim.Dist{Min: ms}}})}
	z := &zkWorld{w: w, configs: map[nodes.ID]*zkConfig{}}
	z.place(3, observers, spares)
	text := "tickTime=100\ninitLimit=50\nsyncLimit=20\ndataDir=/data\nclientPort=2181\nmaxSessionTimeout=60000\n"
	for _, id := range slices.Concat(z.voters, z.observers) {
		text += z.line(id, slices.Contains(z.observers, id))
	}
	for i, id := range z.all() {
		c, err := config.Parse("zoo.cfg", []byte(zkStoryMember(z, id, text)))
		require.NoError(t, err)
		require.NoError(t, c.Identify(int64(i+1)))
		c.PreAllocSize, c.NotificationMin, c.NotificationMax = 0, 100*ms, 800*ms
		z.configs[id] = c
	}
	if quirk != "" {
		require.NoError(t, z.quirk(quirk))
	}
	server := z.server
	if len(z.all()) > len(z.voters) {
		server = zkStoryReconfigures(z)
	}
	z.watch = watchZooKeeper(z)
	for _, id := range z.all() {
		w.AddServer(id, func() nodes.Node { return server(id) })
	}
	z.load = &zkLoad{z: z, think: ms, burst: 1, sessions: 20 * time.Second}
	return &zkStory{t: t, z: z, clients: map[string]*zkClient{}, queues: map[string][]zkAsk{}}
}

func (s *zkStory) say(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

// client begins a session.
func (s *zkStory) client(name string, servers []nodes.ID) {
	c := s.z.load.add(name, 0, servers)
	c.burst, c.think = 8, time.Millisecond
	c.asks = func(*zkClient) zkAsk {
		a := s.queues[name][0]
		s.queues[name] = s.queues[name][1:]
		return a
	}
	code := proto.CodeOK // which the record of a reconfiguration, that of a sync, does not have
	c.heard = func(_ *zookeeper.Op, _ client.Op, d *client.Done) { code = d.Err }
	c.ended = func(r *zookeeper.Op) {
		how := code.String()
		switch {
		case r.Status != checker.OK:
			how = "no answer: the connection was lost"
		case r.Code == 0 && r.Kind == zookeeper.GetData:
			how = fmt.Sprintf("%q", r.Got)
		}
		s.say("%s: %s → %s", name, zkAct(r), how)
	}
	s.clients[name] = c
}

// ask has a client ask for something, and waits a second for the answer.
func (s *zkStory) ask(name string, words []string) {
	a := s.send(name, words)
	before := len(s.said)
	s.z.w.U.RunUntil(func() bool { return len(s.said) > before }, s.z.w.U.Now()+time.Second)
	if len(s.said) == before {
		s.say("%s: %s → no answer yet", name, zkAct(&a.record))
	}
}

// send has it ask, and does not wait.
func (s *zkStory) send(name string, words []string) zkAsk {
	path, data := words[1], ""
	if len(words) > 2 {
		data = words[2]
	}
	asks := map[string]zkAsk{
		"create": zkCreates(path, data, zkCreate),
		"set":    {client.Set(path, []byte(data), -1), zookeeper.Op{Kind: zookeeper.SetData, Path: path, Data: data, Version: -1}},
		"get":    {client.Get(path, false), zookeeper.Op{Kind: zookeeper.GetData, Path: path}},
	}
	a, known := asks[words[0]]
	if words[0] == "reconfig" {
		a, known = s.reconfig(words[1:]), true
	}
	require.True(s.t, known, "no request %q", words[0])
	c := s.clients[name]
	s.queues[name] = append(s.queues[name], a)
	c.quota++
	return a
}

// disturb begins a fault of all links between some machines and all others, or between two.
func (s *zkStory) disturb(name string, who []nodes.ID, f sim.LinkFault) {
	var pairs [][2]nodes.ID
	others := slices.DeleteFunc(slices.Clone(s.z.all()), func(id nodes.ID) bool { return slices.Contains(who, id) })
	if len(who) == 2 {
		who, others = who[:1], who[1:]
	}
	for _, a := range who {
		for _, b := range others {
			pairs = append(pairs, [2]nodes.ID{a, b}, [2]nodes.ID{b, a})
		}
	}
	s.cuts = append(s.cuts, s.z.w.U.DisturbLinks(name, pairs, f))
}

// until waits for what a server comes to.
func (s *zkStory) until(id nodes.ID, what string) {
	cond := func() bool {
		v := s.z.of(id)
		if v == nil {
			return false
		}
		epoch, leads := v.Leads()
		switch what {
		case "leads":
			return leads && epoch > 0
		case "serves":
			return v.Serves()
		case "synchronizes":
			return v.Zab().String() == "SYNCHRONIZATION"
		}
		var e int64
		_, err := fmt.Sscanf(what, "epoch=%d", &e)
		require.NoError(s.t, err, "wait for what? %q", what)
		return v.CurrentEpoch() >= e
	}
	if s.z.w.U.RunUntil(cond, s.z.w.U.Now()+20*time.Second); !cond() {
		s.say("%s does not come so far in 20 seconds", id)
	}
}

// status is where each server is.
func (s *zkStory) status() {
	for _, id := range s.z.all() {
		v := s.z.of(id)
		if v == nil {
			s.say("%s is down: %v", id, s.z.w.U.Machine(id).Exit())
			continue
		}
		if s.z.reconfigures {
			s.ensemble(id, v)
			continue
		}
		role := strings.ToLower(v.Role().String())
		if epoch, leads := v.Leads(); leads {
			role = fmt.Sprintf("leads epoch %d", epoch)
		}
		var tree []string
		for _, path := range []string{"/a", "/b", "/c", "/d"} {
			if z, there := v.Znode(path); there {
				tree = append(tree, fmt.Sprintf("%s=%s", path, z.Data))
			}
		}
		s.say("%s %s; acceptedEpoch %d, currentEpoch %d, zxid %x; has %v", id, role, v.AcceptedEpoch(), v.CurrentEpoch(), v.Zxid(), tree)
	}
}

// judge says what is broken, in the run or in what the clients were told.
func (s *zkStory) judge() {
	if v := s.z.w.U.Violation(); v != nil {
		s.say("VIOLATED %s: %s", v.Property, v.Detail)
		return
	}
	var broken *checker.InvariantError
	if err := s.z.load.judge(); errors.As(err, &broken) {
		s.say("VIOLATED %s: %s", broken.Property, broken.Detail)
		return
	}
	s.say("all holds")
}

// line carries out one line.
func (s *zkStory) line(words []string) {
	u := s.z.w.U
	ids := func(words []string) (list []nodes.ID) {
		for _, w := range words {
			list = append(list, nodes.ID(w))
		}
		return list
	}
	switch rest := words[1:]; words[0] {
	case "client":
		s.client(rest[0], ids(rest[1:]))
	case "run":
		d, err := time.ParseDuration(rest[0])
		require.NoError(s.t, err)
		u.Run(u.Now() + d)
	case "until":
		s.until(nodes.ID(rest[0]), rest[1])
	case "cut":
		s.disturb("cut", ids(rest), sim.LinkFault{Cut: true})
	case "hold":
		s.disturb("hold", ids(rest), sim.LinkFault{Hold: true})
	case "reset":
		s.disturb("reset", ids(rest), sim.LinkFault{ResetPPM: 1_000_000, RefuseDials: true})
	case "heal":
		for _, f := range s.cuts {
			f.End()
		}
		s.cuts = nil
	case "kill", "power-off":
		for _, id := range ids(rest) {
			how := vdisk.LoseNothing
			if words[0] == "power-off" {
				how = vdisk.LoseUnsynced
			}
			u.Machine(id).Kill(how)
		}
	case "start":
		for _, id := range ids(rest) {
			u.Machine(id).Start(0)
		}
	case "admin": // a client that may reconfigure
		s.client(rest[0], ids(rest[1:]))
		s.clients[rest[0]].auth = "super:test"
	case "send":
		s.send(rest[0], rest[1:])
	case "status":
		s.status()
	case "judge":
		s.judge()
	default:
		s.ask(words[0], rest)
	}
}

// TestZabStories plays the stories of testdata/zab: defects of ZooKeeper's history and of this server's, each with the fix and without.
//
//	go test ./scenarios -run ZabStories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
func TestZabStories(t *testing.T) {
	datadriven.Walk(t, "testdata/zab", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			require.Equal(t, "ensemble", d.Cmd)
			quirk, observers, spares := "", 0, 0
			d.MaybeScanArgs(t, "quirk", &quirk)
			d.MaybeScanArgs(t, "observers", &observers)
			d.MaybeScanArgs(t, "spares", &spares)
			s := newZKStory(t, quirk, observers, spares)
			for l := range strings.Lines(d.Input) {
				l, _, _ = strings.Cut(l, "#")
				if words := strings.Fields(l); len(words) > 0 {
					s.line(words)
				}
			}
			return strings.Join(s.said, "\n") + "\n"
		})
	})
}
