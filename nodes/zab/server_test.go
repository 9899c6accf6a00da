package zab

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// rig is an ensemble in a universe.
type rig struct {
	t   *testing.T
	u   *sim.Universe
	rec trace.Recorder
	ids []nodes.ID
}

func zooFor(t testing.TB, i, voters, observers int) *config.Config {
	text := "tickTime=200\ninitLimit=10\nsyncLimit=5\ndataDir=/data\nclientPort=2181\nreconfigEnabled=true\n"
	for n := 1; n <= voters+observers; n++ {
		role := ""
		if n > voters {
			role = ":observer"
		}
		text += fmt.Sprintf("server.%d=z%d:2888:3888%s\n", n, n, role)
	}
	c, err := config.Parse("zoo.cfg", []byte(text))
	require.NoError(t, err)
	c.PreAllocSize = 0
	require.NoError(t, c.Identify(int64(i)))
	return c
}

func newRig(t *testing.T, seed uint64, voters, observers int, q Quirks) *rig {
	return newRigIn(t, sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}},
		Disk: sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}}}, voters, observers, q)
}

// newRigIn is newRig in a universe of its own making.
func newRigIn(t *testing.T, c sim.Config, voters, observers int, q Quirks) *rig {
	r := &rig{t: t}
	c.Recorder = &r.rec
	r.u = sim.New(c)
	for i := 1; i <= voters+observers; i++ {
		id := nodes.ID(fmt.Sprintf("z%d", i))
		r.ids = append(r.ids, id)
		r.u.Add(id, func() nodes.Node {
			return New(Config{Zoo: zooFor(t, i, voters, observers), ID: int64(i), Quirks: q})
		}).Start(0)
	}
	return r
}

func (r *rig) server(id nodes.ID) *Server {
	s, _ := r.u.Machine(id).Node().(*Server)
	return s
}

// serving tells whether all servers serve.
func (r *rig) serving() bool {
	for _, id := range r.ids {
		if s := r.server(id); s == nil || s.pipe == nil {
			return false
		}
	}
	return true
}

// raw is a client that says one thing after another and keeps the answers.
type raw struct {
	to      nodes.Addr
	say     []func() []byte // frames, without their length
	conn    nodes.Conn
	in      []byte
	replies [][]byte
	closed  error
	gone    bool
}

func (c *raw) Codec() nodes.Codec { return nodes.JSONCodec() }
func (c *raw) Boot(env nodes.Env) error {
	c.conn = env.Dial(c.to, nodes.Framing{Stream: true})
	return nil
}
func (c *raw) Deliver(nodes.Env, nodes.ID, nodes.Message)   {}
func (c *raw) Fire(nodes.Env, nodes.Tag)                    {}
func (c *raw) Synced(nodes.Env, nodes.Tag, error)           {}
func (c *raw) Opened(env nodes.Env, _ nodes.Conn, _ string) { c.next(env) }
func (c *raw) Closed(_ nodes.Env, _ nodes.Conn, err error)  { c.gone, c.closed = true, err }
func (c *raw) Received(env nodes.Env, _ nodes.Conn, p []byte) {
	c.in = append(c.in, p...)
	for len(c.in) >= 4 && len(c.in) >= 4+int(binary.BigEndian.Uint32(c.in)) {
		n := 4 + int(binary.BigEndian.Uint32(c.in))
		c.replies = append(c.replies, append([]byte(nil), c.in[4:n]...))
		c.in = c.in[n:]
		c.next(env)
	}
}

func (c *raw) next(env nodes.Env) {
	if len(c.replies) < len(c.say) {
		p := c.say[len(c.replies)]()
		_ = env.Write(c.conn, append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	}
}

func connect() []byte {
	r := proto.ConnectRequest{TimeOut: 4000, Passwd: make([]byte, 16), HasReadOnly: true}
	return r.Append(nil)
}

func ask(xid int32, op proto.OpCode, body jute.Record) func() []byte {
	return func() []byte {
		b := (&proto.RequestHeader{Xid: xid, Type: op}).Append(nil)
		if body != nil {
			b = body.Append(b)
		}
		return b
	}
}

var open = []proto.ACL{{Perms: 31, ID: proto.ID{Scheme: "world", ID: "anyone"}}}

func TestAnEnsembleElectsSynchronisesAndCommits(t *testing.T) {
	r := newRig(t, 1, 3, 1, Quirks{})
	ok := r.u.RunUntil(r.serving, 30*time.Second)
	if !ok {
		for e := range r.rec.Events() {
			if e.Kind == trace.Note || e.Kind == trace.Crash {
				fmt.Println(e.At, e.Node, e.Text)
			}
		}
	}
	require.True(t, ok)
	c := &raw{to: nodes.Addr{ID: "z4", Port: 2181}, say: []func() []byte{connect,
		ask(1, proto.OpCreate, &proto.CreateRequest{Path: "/a", Data: []byte("x"), ACL: open}),
		ask(2, proto.OpGetData, &proto.GetDataRequest{Path: "/a"}),
	}}
	r.u.Add("c", func() nodes.Node { return c }).Start(0)
	r.u.RunUntil(func() bool { return len(c.replies) == 3 }, time.Minute)
	require.Len(t, c.replies, 3)
	var h proto.ReplyHeader
	d := jute.NewDecoder(c.replies[2])
	require.NoError(t, h.Decode(d))
	require.Equal(t, proto.CodeOK, h.Err)
	var g proto.GetDataResponse
	require.NoError(t, g.Decode(d))
	require.Equal(t, "x", string(g.Data))
	require.Equal(t, 68+5, len(c.replies[2])-16)
	_ = vdisk.LoseNothing
}
