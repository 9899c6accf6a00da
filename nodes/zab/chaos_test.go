package zab

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// writer creates one znode after another, each by a session of its own at the next server, and remembers which
// were acknowledged.
type writer struct {
	name  string
	ids   []nodes.ID
	n     int
	conn  nodes.Conn
	in    []byte
	seen  int
	acked []string
}

func (w *writer) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (w *writer) Boot(env nodes.Env) error                   { w.dial(env); return nil }
func (w *writer) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (w *writer) Synced(nodes.Env, nodes.Tag, error)         {}
func (w *writer) path() string                               { return fmt.Sprintf("/%s-%d", w.name, w.n) }

func (w *writer) dial(env nodes.Env) {
	w.n++
	w.in, w.seen = nil, 0
	w.conn = env.Dial(nodes.Addr{ID: w.ids[w.n%len(w.ids)], Port: 2181}, nodes.Framing{Stream: true})
	env.SetTimer(nodes.Tag{Name: "patience"}, time.Second)
}

func (w *writer) Fire(env nodes.Env, tag nodes.Tag) {
	if tag.Name == "patience" {
		env.Reset(w.conn)
	}
	w.dial(env)
}

func (w *writer) write(env nodes.Env, p []byte) {
	_ = env.Write(w.conn, append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
}

func (w *writer) Opened(env nodes.Env, c nodes.Conn, _ string) {
	if c == w.conn {
		w.write(env, connect())
	}
}

func (w *writer) Closed(env nodes.Env, c nodes.Conn, _ error) {
	if c == w.conn {
		env.StopTimer(nodes.Tag{Name: "patience"})
		env.SetTimer(nodes.Tag{Name: "again"}, 20*time.Millisecond)
	}
}

func (w *writer) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if c != w.conn {
		return
	}
	w.in = append(w.in, p...)
	for len(w.in) >= 4 && len(w.in) >= 4+int(binary.BigEndian.Uint32(w.in)) {
		n := 4 + int(binary.BigEndian.Uint32(w.in))
		frame := w.in[4:n]
		w.seen++
		switch w.seen {
		case 1:
			w.write(env, ask(1, proto.OpCreate, &proto.CreateRequest{Path: w.path(), Data: make([]byte, 100), ACL: open})())
		case 2:
			var h proto.ReplyHeader
			if h.Decode(jute.NewDecoder(frame)) == nil && h.Err == proto.CodeOK {
				w.acked = append(w.acked, w.path())
			}
			env.Close(w.conn)
			env.SetTimer(nodes.Tag{Name: "again"}, 5*time.Millisecond)
			env.StopTimer(nodes.Tag{Name: "patience"})
			return
		}
		w.in = w.in[n:]
	}
}

// storm runs an ensemble under crashes and cuts, heals it, and demands that it serves and holds what was acknowledged.
func storm(t *testing.T, seed uint64, voters int, q Quirks) (acked int) {
	r := newRig(t, seed, voters, 0, q)
	ws := []*writer{{name: "a", ids: r.ids}, {name: "b", ids: r.ids}}
	for _, w := range ws {
		r.u.Add(nodes.ID(w.name), func() nodes.Node { return w }).Start(300 * time.Millisecond)
	}
	modes := []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSubset, vdisk.Torn}
	for i := range uint64(12) {
		at := time.Duration(r.u.Draw("test/at", i, uint64(8*time.Second)))
		m := r.u.Machine(r.ids[r.u.Draw("test/who", i, uint64(len(r.ids)))])
		how := modes[r.u.Draw("test/how", i, 4)]
		down := time.Duration(r.u.Draw("test/down", i, uint64(time.Second)))
		r.u.After(at, fmt.Sprint("fault ", i), func() {
			switch r.u.Draw("test/what", i, 3) {
			case 0:
				m.Kill(how)
				m.Start(down)
			case 1:
				m.KillAtEffect(int(1+r.u.Draw("test/effect", i, 300)), how)
				r.u.After(down+300*time.Millisecond, fmt.Sprint("restart ", i), func() {
					m.KillAtEffect(0, how)
					m.Start(0)
				})
			default:
				var cuts [][2]nodes.ID
				for _, o := range r.ids {
					if o != m.ID() {
						cuts = append(cuts, [2]nodes.ID{o, m.ID()}, [2]nodes.ID{m.ID(), o})
					}
				}
				a := r.u.DisturbLinks("cut", cuts, sim.LinkFault{Cut: true})
				r.u.After(2*down, fmt.Sprint("heal ", i), a.End)
			}
		})
	}
	r.u.Run(10 * time.Second)
	for _, id := range r.ids {
		r.u.Machine(id).KillAtEffect(0, vdisk.LoseNothing)
		r.u.Machine(id).Start(0)
	}
	settled := func() bool {
		if !r.serving() {
			return false
		}
		first := r.server(r.ids[0]).db.tree
		for _, id := range r.ids[1:] {
			if o := r.server(id).db.tree; o.Zxid() != first.Zxid() {
				return false
			}
		}
		return true
	}
	if !r.u.RunUntil(settled, 70*time.Second) || r.u.Violation() != nil {
		for e := range r.rec.Events() {
			if e.Kind == trace.Note || e.Kind == trace.Crash || e.Kind == trace.Violation {
				t.Log(e.At, e.Node, e.Kind, e.Text)
			}
		}
		for _, id := range r.ids {
			s := r.server(id)
			if s == nil {
				t.Log(id, "down", r.u.Machine(id).Exit())
			} else {
				t.Logf("%s %s %s serves=%t zxid=%x", id, s.state, s.zab, s.pipe != nil, s.db.tree.Zxid())
			}
		}
		require.Fail(t, "the ensemble does not settle", "seed %d: %v", seed, r.u.Violation())
	}
	digest := r.server(r.ids[0]).db.tree.Digest()
	for _, id := range r.ids {
		tr := r.server(id).db.tree
		require.Equal(t, digest, tr.Digest(), "seed %d", seed)
		for _, w := range ws {
			for _, path := range w.acked {
				_, ok := tr.Znode(path)
				require.True(t, ok, "seed %d: %s was acknowledged and is not on %s", seed, path, id)
			}
		}
	}
	return len(ws[0].acked) + len(ws[1].acked)
}

func TestAnEnsembleHoldsWhatItAcknowledgedThroughCrashesAndCuts(t *testing.T) {
	acked := 0
	for seed := range uint64(60) {
		acked += storm(t, seed, 3, Quirks{})
	}
	t.Logf("%d acknowledged writes", acked)
	require.Greater(t, acked, 1000)
}
