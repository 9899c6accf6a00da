package client

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/proto"
	"orrery/sim/vdisk"
)

// A user is a node that embeds a client, and does what the test says.
type user struct {
	c      *Client
	events []Event
	script []func(*user, nodes.Env) // one a millisecond, as they are appended
}

func (*user) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (*user) Synced(nodes.Env, nodes.Tag, error)         {}
func (*user) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

func (x *user) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "script"}, time.Millisecond)
	x.c.Start(env)
	return nil
}

func (x *user) take(mine bool) {
	if !mine {
		panic("an event that is nobody's")
	}
	for ev, ok := x.c.Take(); ok; ev, ok = x.c.Take() {
		x.events = append(x.events, ev)
	}
}

func (x *user) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name != "script" {
		x.take(x.c.Fire(env, tag))
		return
	}
	env.SetTimer(tag, time.Millisecond)
	for _, f := range x.script {
		f(x, env)
	}
	x.script = nil
	x.take(true)
}

func (x *user) Opened(env nodes.Env, c nodes.Conn, _ string)   { x.take(x.c.Opened(env, c)) }
func (x *user) Received(env nodes.Env, c nodes.Conn, p []byte) { x.take(x.c.Received(env, c, p)) }
func (x *user) Closed(env nodes.Env, c nodes.Conn, _ error)    { x.take(x.c.Closed(env, c)) }

func (x *user) do(ops ...Op) {
	x.script = append(x.script, func(x *user, env nodes.Env) {
		for _, op := range ops {
			x.c.Do(env, op)
		}
	})
}

// done are the ends of requests so far, as "create OK".
func (x *user) done() (out []string) {
	for _, ev := range x.events {
		if d, ok := ev.(Done); ok {
			out = append(out, fmt.Sprint(d.Op.Type, " ", d.Err))
		}
	}
	return out
}

func (x *user) states() (out []State) {
	for _, ev := range x.events {
		if c, ok := ev.(Changed); ok {
			out = append(out, c.State)
		}
	}
	return out
}

func newUser(w *tree, cfg Config) *user {
	x := &user{c: New(cfg)}
	w.u.Add("c1", func() nodes.Node { return x }).Start(0)
	w.u.Run(100 * time.Millisecond)
	return x
}

func run(w *tree, d time.Duration) { w.u.Run(w.u.Now() + d) }

func TestRequestsAreAnsweredInOrder(t *testing.T) {
	w, cfg := newTree(1, 1)
	x := newUser(w, cfg)
	x.do(Create("/a", []byte("1"), nil, proto.ModePersistent), Get("/a", false), Get("/b", false), Create("/a", nil, nil, proto.ModePersistent))
	run(w, 100*time.Millisecond)
	require.Equal(t, []string{"create2 OK", "getData OK", "getData NONODE", "create2 NODEEXISTS"}, x.done())
	require.Equal(t, int64(1), x.c.Zxid())
	d := x.events[2].(Done)
	require.Equal(t, "1", string(d.Response.(*proto.GetDataResponse).Data))
	require.Equal(t, []uint64{2, 2, 1}, []uint64{d.Call, uint64(d.Xid), uint64(d.Zxid)})
}

func TestAnIdleClientPingsAfterAThirdOfItsTimeout(t *testing.T) {
	w, cfg := newTree(1, 1)
	x := newUser(w, cfg)
	run(w, time.Minute)
	require.InDelta(t, 30, w.count("ping"), 1)
	require.Equal(t, []State{Connected}, x.states())
}

func TestASilentServerIsLeftAfterTwoThirdsOfTheTimeout(t *testing.T) {
	w, cfg := newTree(1, 1)
	x := newUser(w, cfg)
	w.server("s1").mute = true
	x.do(Set("/a", nil, -1))
	run(w, 3900*time.Millisecond)
	require.Empty(t, x.done())
	run(w, 300*time.Millisecond)
	require.Equal(t, []string{"setData CONNECTIONLOSS"}, x.done())
	require.Equal(t, []State{Connected, Disconnected}, x.states())
}

func TestTheSessionMovesToAnotherServer(t *testing.T) {
	w, cfg := newTree(1, 3)
	x := newUser(w, cfg)
	first := x.c.Server().ID
	x.do(Create("/a", nil, nil, proto.ModePersistent), Get("/a", true), Exists("/none", true))
	run(w, 20*time.Millisecond)
	session := x.c.Session()
	w.u.Machine(first).Kill(vdisk.LoseNothing)
	w.u.After(0, "another client", func() { w.change(proto.EventNodeDataChanged, "/a", []byte("2")) })
	x.do(Get("/a", false))
	run(w, 5*time.Second)
	require.Equal(t, session, x.c.Session())
	require.NotEqual(t, first, x.c.Server().ID)
	require.Equal(t, 1, w.count(fmt.Sprintf("connect session=%x zxid=1", session)))
	require.Equal(t, 1, w.count("watches data=[/a] exist=[/none] child=[] behind 1"), strings.Join(w.log, "\n"))
	require.Contains(t, x.events, Watched{Type: proto.EventNodeDataChanged, Path: "/a", Zxid: -1, Known: true}, "what was missed is told")
	require.Equal(t, []State{Connected, Disconnected, Connected}, x.states())
	require.True(t, x.c.w.exist.has("/none"))
	require.False(t, x.c.w.data.has("/a"), "it is used up")
}

func TestIdentitiesAreToldToEveryServer(t *testing.T) {
	w, cfg := newTree(1, 2)
	x := newUser(w, cfg)
	x.script = append(x.script, func(x *user, env nodes.Env) { x.c.AddAuth(env, "digest", []byte("u:p")) })
	run(w, 10*time.Millisecond)
	w.u.Machine(x.c.Server().ID).Kill(vdisk.LoseNothing)
	run(w, 5*time.Second)
	require.Equal(t, 2, w.count("auth digest:u:p"))

	x.script = append(x.script, func(x *user, env nodes.Env) { x.c.AddAuth(env, "digest", []byte("bad")) })
	x.do(Sync("/"))
	run(w, time.Second)
	x.do(Sync("/"))
	run(w, time.Second)
	require.Equal(t, AuthFailed, x.c.State())
	require.Equal(t, []string{"sync AUTHFAILED", "sync AUTHFAILED"}, x.done())
}

func TestAnExpiredSessionIsOver(t *testing.T) {
	w, cfg := newTree(1, 2)
	x := newUser(w, cfg)
	w.u.After(0, "expire", func() {
		clear(w.sessions)
		w.u.Machine(x.c.Server().ID).Kill(vdisk.LoseNothing)
	})
	run(w, 5*time.Second)
	x.do(Sync("/"))
	run(w, time.Minute)
	require.Equal(t, []State{Connected, Disconnected, Expired}, x.states())
	require.Equal(t, []string{"sync SESSIONEXPIRED"}, x.done())
	require.Equal(t, 2, w.count("connect"), "nobody is asked again")
}

func TestAnswersUnderAWrongNumberEndTheConnection(t *testing.T) {
	w, cfg := newTree(1, 1)
	x := newUser(w, cfg)
	w.server("s1").wrong = true
	x.do(Sync("/"), Sync("/"))
	run(w, 10*time.Millisecond)
	require.Equal(t, []string{"sync CONNECTIONLOSS", "sync CONNECTIONLOSS"}, x.done())
}

func TestCloseIsTheEnd(t *testing.T) {
	w, cfg := newTree(1, 1)
	x := newUser(w, cfg)
	x.script = append(x.script, func(x *user, env nodes.Env) { x.c.Close(env); x.c.Do(env, Sync("/")) })
	run(w, time.Minute)
	require.Equal(t, []string{"sync SESSIONEXPIRED", "closeSession OK"}, x.done())
	require.Equal(t, []State{Connected, Closed}, x.states())
	require.Empty(t, w.sessions)
}

func TestWatchesThatLastAreLeftAgain(t *testing.T) {
	w, cfg := newTree(1, 2)
	x := newUser(w, cfg)
	x.do(AddWatch("/p", proto.WatchPersistent), AddWatch("/r", proto.WatchPersistentRecursive))
	run(w, 10*time.Millisecond)
	w.u.Machine(x.c.Server().ID).Kill(vdisk.LoseNothing)
	run(w, 5*time.Second)
	require.Equal(t, 1, w.count("watches data=[] persistent=[/p] recursive=[/r]"))
}

func TestWhichWatchesAnEventConcerns(t *testing.T) {
	w := watches{data: paths{"/a"}, exist: paths{"/e"}, child: paths{"/a", "/c"}, persistent: paths{"/p"}, recursive: paths{"/r"}}
	require.True(t, w.fired(proto.EventNodeDeleted, "/a"))
	require.False(t, w.fired(proto.EventNodeDeleted, "/a"), "both are used up")
	require.True(t, w.fired(proto.EventNodeChildrenChanged, "/c"))
	require.True(t, w.fired(proto.EventNodeCreated, "/e"))
	for range 2 {
		require.True(t, w.fired(proto.EventNodeDataChanged, "/p"))
		require.True(t, w.fired(proto.EventNodeCreated, "/r/x/y"))
		require.False(t, w.fired(proto.EventNodeChildrenChanged, "/r/x"))
		require.False(t, w.fired(proto.EventNodeCreated, "/rx"))
	}
	all := watches{recursive: paths{"/"}}
	require.True(t, all.fired(proto.EventNodeCreated, "/any"))
	w.removed(&proto.RemoveWatchesRequest{Path: "/p", Type: proto.WatcherAny})
	require.False(t, w.fired(proto.EventNodeDataChanged, "/p"))
}

func TestManyWatchesAreLeftInSeveralRequests(t *testing.T) {
	var w watches
	for i := range 400 {
		w.data.add(fmt.Sprintf("/%01023d", i))
	}
	ops := w.requests(5)
	require.Len(t, ops, 4)
	n := 0
	for _, op := range ops {
		n += len(op.Request.(*proto.SetWatches).DataWatches)
	}
	require.Equal(t, 400, n)
}

func TestASessionOnATask(t *testing.T) {
	w, cfg := newTree(1, 2)
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	w.u.Add("c1", func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := OpenSession(t, cfg)
			say("connected %v", s.Connect(time.Second))
			say("create %v", s.Do(Create("/a", []byte("1"), nil, proto.ModePersistent)).Err)
			d := s.Do(Get("/a", true))
			say("get %v %s", d.Err, d.Response.(*proto.GetDataResponse).Data)
			s.Sleep(30 * time.Second)
			say("state %v", s.Client().State())
			w.u.Machine(s.Client().Server().ID).Kill(vdisk.LoseNothing)
			say("set %v", s.Do(Set("/a", nil, -1)).Err)
			say("connected %v", s.Connect(10*time.Second))
			say("set %v", s.Do(Set("/a", nil, -1)).Err)
			ev, ok := s.Watched(time.Second)
			say("watched %v %s %v", ev.Type, ev.Path, ok)
			_, ok = s.Watched(time.Second)
			say("again %v", ok)
			say("close %v", s.Close().Err)
			say("late %v", s.Do(Sync("/")).Err)
		})
	}).Start(0)
	w.u.Run(2 * time.Minute)
	require.Equal(t, []string{"connected true", "create OK", "get OK 1", "state Connected", "set CONNECTIONLOSS", "connected true",
		"set OK", "watched NodeDataChanged /a true", "again false", "close OK", "late SESSIONEXPIRED"}, said, strings.Join(w.log, "\n"))
}

func TestTwoRunsOfASeedAreOneRun(t *testing.T) {
	play := func() string {
		w, cfg := newTree(9, 3)
		x := newUser(w, cfg)
		x.do(Create("/a", nil, nil, proto.ModePersistent), Get("/a", true))
		run(w, time.Second)
		w.u.Machine(x.c.Server().ID).Kill(vdisk.LoseNothing)
		run(w, time.Minute)
		return fmt.Sprint(w.u.Hash(), w.log)
	}
	require.Equal(t, play(), play())
}
