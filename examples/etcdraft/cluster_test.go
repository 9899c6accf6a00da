package etcdraft_test

import (
	"fmt"
	"strings"
	"time"

	"orrery/checker"
	"orrery/examples/etcdraft"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/sim"
)

// config says what newCluster makes.
type config struct {
	members, clients int
	keys             int           // how many keys the clients share
	think            time.Duration // mean time between two operations of a client; uniform from 0 to twice that
	until            time.Duration // when the clients begin no more operations
	bulk             int           // bytes that every value has in addition
	quirks           etcdraft.Quirks
}

// cluster is a universe with members n1, n2, … and clients c1, c2, …
type cluster struct {
	*sim.Universe
	peers   []nodes.ID
	history *checker.Recorder
}

func newCluster(world sim.Config, c config) *cluster {
	u := sim.New(world)
	k := &cluster{Universe: u, history: checker.NewRecorder(func() int64 { return int64(u.Now()) })}
	for i := range c.members {
		k.peers = append(k.peers, nodes.ID(fmt.Sprint("n", i+1)))
	}
	for _, id := range k.peers {
		u.Add(id, func() nodes.Node { return etcdraft.NewNode(k.peers, c.quirks) }).Start(0)
	}
	for i := range c.clients {
		id := nodes.ID(fmt.Sprint("c", i+1))
		u.Add(id, func() nodes.Node { return k.client(c) }).Start(0)
	}
	return k
}

// verdict says whether what the clients saw is linearizable.
func (k *cluster) verdict() checker.Result {
	return checker.Linearizable(k.history.History(), checker.KV, checker.Options{})
}

const (
	patience = 400 * time.Millisecond // how long a client waits before it asks another member
	attempts = 10                     // how often it asks before it gives up
)

// client makes one operation after another, as straight-line code, and records them.
func (k *cluster) client(c config) nodes.Node {
	return task.New(etcdraft.Codec{}, func(t *task.T) {
		home := t.Rand().IntN(c.members)
		seen := map[string]string{} // what each key held when this client heard of it last
		for seq := uint64(1); k.Now() < c.until; seq++ {
			ask := anyOperation(t, seq, c, seen)
			op := k.begin(string(t.Self()), ask)
			var answer *etcdraft.Command
			for try := 0; try < attempts && answer == nil; try++ {
				m, ok := t.Request(k.peers[home], ask, patience, func(m nodes.Message) bool {
					a, ok := m.(*etcdraft.Command)
					return ok && a.Seq == seq
				})
				if ok {
					answer = m.(*etcdraft.Command)
				} else {
					home = (home + 1) % c.members
				}
			}
			k.end(op, answer)
			if answer != nil {
				seen[ask.Key] = answer.Value
			}
			if c.think > 0 {
				t.Sleep(time.Duration(t.Rand().Int64N(int64(2 * c.think))))
			}
		}
	})
}

// anyOperation draws one: half of them are gets, and no value is written twice.
func anyOperation(t *task.T, seq uint64, c config, seen map[string]string) *etcdraft.Command {
	key, value := fmt.Sprint("k", t.Rand().IntN(c.keys)), fmt.Sprint(t.Self(), ".", seq, strings.Repeat(".", c.bulk))
	switch t.Rand().IntN(8) {
	case 0, 1:
		return &etcdraft.Command{Op: etcdraft.CAS, Seq: seq, Key: key, Value: value, Expect: seen[key]}
	case 2, 3:
		return &etcdraft.Command{Op: etcdraft.Put, Seq: seq, Key: key, Value: value}
	}
	return &etcdraft.Command{Op: etcdraft.Get, Seq: seq, Key: key}
}

func (k *cluster) begin(client string, ask *etcdraft.Command) checker.OpID {
	op := checker.Op{F: checker.Get, Key: ask.Key}
	switch ask.Op {
	case etcdraft.Put:
		op.F, op.In = checker.Put, checker.Val(ask.Value)
	case etcdraft.CAS:
		op.F, op.In, op.Expect = checker.CAS, checker.Val(ask.Value), value(ask.Expect)
	}
	k.BeginOp()
	id := k.history.Invoke(client, op)
	if k.Recording() {
		k.NoteInvoke(nodes.ID(client), k.history.Op(id).String())
	}
	return id
}

func (k *cluster) end(id checker.OpID, answer *etcdraft.Command) {
	switch {
	case answer == nil:
		k.history.Maybe(id)
	case answer.Op == etcdraft.Mismatch:
		k.history.Mismatch(id, value(answer.Value))
	default:
		k.history.OK(id, value(answer.Value))
	}
	k.EndOp()
	if op := k.history.Op(id); k.Recording() {
		k.NoteReturn(nodes.ID(op.Client), op.String())
	}
}

// value is a text of the store for the checker: the empty one stands for a key that is not set.
func value(s string) checker.Value {
	if s == "" {
		return checker.Unset
	}
	return checker.Val(s)
}
