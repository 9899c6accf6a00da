package main

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/paxos"
)

// kvUser is a client of live replicas, as a node of its own: one operation after the other, all
// of them recorded.
type kvUser struct {
	id      nodes.ID
	client  *paxos.Client
	history *checker.SyncRecorder
	keys    int           // how many keys there are
	ended   *atomic.Int64 // operations that succeeded, of all users
	stop    *atomic.Bool
	stopped chan struct{}

	n    int
	op   checker.Op
	at   checker.OpID
	last map[string]string // what it last saw, to give a compare-and-set a chance
}

var tagNext = nodes.Tag{Name: "next"}

// startUser runs a client in this process.
func startUser(t *testing.T, id nodes.ID, servers map[nodes.ID]string, u *kvUser) {
	var names []nodes.ID
	for _, s := range []nodes.ID{"n1", "n2", "n3"} {
		names = append(names, s)
	}
	u.id, u.last, u.stopped = id, map[string]string{}, make(chan struct{})
	u.client = paxos.NewClient(paxos.ClientConfig{Servers: names, Timeout: 150 * time.Millisecond, Deadline: 2 * time.Second})
	p, err := live.Start(live.Config{
		ID: id, Dir: t.TempDir(), Peers: servers, BackoffMax: 50 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, u)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
}

// Codec implements nodes.Node.
func (u *kvUser) Codec() nodes.Codec { return paxos.NewCodec() }

// Boot implements nodes.Node.
func (u *kvUser) Boot(env nodes.Env) error {
	u.next(env)
	return nil
}

// Deliver implements nodes.Node.
func (u *kvUser) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	u.end(env)(u.client.Deliver(env, from, m))
}

// Fire implements nodes.Node.
func (u *kvUser) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagNext {
		u.next(env)
		return
	}
	u.end(env)(u.client.Fire(env, tag))
}

// Synced implements nodes.Node.
func (u *kvUser) Synced(nodes.Env, nodes.Tag, error) {}

// next begins an operation. It is recorded before anything is sent.
func (u *kvUser) next(env nodes.Env) {
	if u.stop.Load() {
		close(u.stopped)
		return
	}
	u.n++
	key := fmt.Sprintf("k%d", env.Rand().IntN(u.keys))
	value := fmt.Sprintf("%s.%d", u.id, u.n)
	op := paxos.Op{Key: key, Value: value}
	u.op = checker.Op{Key: key, In: checker.Val(value)}
	switch env.Rand().IntN(10) {
	case 0, 1, 2:
		op.Kind, u.op.F, u.op.In = paxos.OpGet, checker.Get, checker.Value{}
	case 3, 4, 5:
		op.Kind, u.op.F = paxos.OpPut, checker.Put
	case 6:
		op.Kind, u.op.F = paxos.OpAppend, checker.Append
	case 7:
		op.Kind, u.op.F, u.op.In = paxos.OpDelete, checker.Delete, checker.Value{}
	default:
		op.Kind, u.op.F, u.op.Expect = paxos.OpCreate, checker.CAS, checker.Unset
		if seen, ok := u.last[key]; ok {
			op.Kind, op.Expect, u.op.Expect = paxos.OpCAS, seen, checker.Val(seen)
		}
	}
	u.at = u.history.Invoke(string(u.id), u.op)
	u.client.Start(env, op)
}

// end records how the operation has ended, once it has, and begins the next one a little later.
func (u *kvUser) end(env nodes.Env) func(paxos.Result, bool) {
	return func(r paxos.Result, done bool) {
		if !done {
			return
		}
		u.record(r)
		env.SetTimer(tagNext, time.Duration(rand.IntN(4000))*time.Microsecond)
	}
}

func (u *kvUser) record(r paxos.Result) {
	delete(u.last, u.op.Key)
	switch {
	case r.Outcome == paxos.OutcomeFail:
		u.history.Fail(u.at)
		return
	case r.Outcome == paxos.OutcomeMaybe:
		u.history.Maybe(u.at)
		return
	case u.op.F == checker.CAS && !r.Answer.Done:
		u.history.Mismatch(u.at, checker.Value{})
		return
	case u.op.F == checker.Get && r.Answer.Done:
		u.last[u.op.Key] = r.Answer.Value
		u.history.OK(u.at, checker.Val(r.Answer.Value))
	case u.op.F == checker.Get:
		u.history.OK(u.at, checker.Unset)
	case u.op.F == checker.Put:
		u.last[u.op.Key] = r.Op.Value
		u.history.OK(u.at, checker.Value{})
	default:
		u.history.OK(u.at, checker.Value{})
	}
	u.ended.Add(1)
}
