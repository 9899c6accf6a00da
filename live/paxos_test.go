package live_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"orrery/checker"
	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/paxos"
)

// replica is one of three, with little patience, so that a test sees many elections.
func replica(self nodes.ID, members []nodes.ID) nodes.Node {
	return paxos.New(paxos.Config{
		Self: self, Members: members, Heartbeat: 30 * time.Millisecond,
		ElectionMin: 100 * time.Millisecond, ElectionMax: 250 * time.Millisecond,
		SnapshotEvery: 500, // so that snapshots are made, read and sent too
	})
}

// Three replicas of a key-value store are killed again and again, one at a time, two, or all, in
// the middle of a workload. What the clients saw must be linearizable.
func TestThreePaxosReplicasSurviveAStormOfSIGKILLs(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	s := newStorm(t)
	for round := range rounds {
		victims := s.replicas
		switch round % 5 {
		case 0, 1, 2:
			victims = victims[rand.IntN(3):][:1]
		case 3:
			victims = victims[rand.IntN(2):][:2]
		}
		s.serves(20)
		time.Sleep(rand.N(100 * time.Millisecond)) // the moment of the kill is not the test's to choose
		for _, v := range victims {
			sigkill(t, v.cmd)
		}
		time.Sleep(rand.N(300 * time.Millisecond))
		for _, v := range victims {
			v.cmd = child(t, "paxos", v.cfg)
		}
	}
	s.serves(100)
	for _, c := range s.clients {
		c.Kill()
	}
	for _, v := range s.replicas {
		sigkill(t, v.cmd)
	}
	h := s.history.History()
	res := checker.Linearizable(h, checker.KV, checker.Options{})
	if res.Verdict != checker.Holds {
		t.Fatalf("%v: %s\n%s", res.Verdict, res.Reason, checker.Explain(h, checker.KV, res, checker.Options{}).Sentence)
	}
	t.Logf("%d rounds, %s", rounds, res.Coverage.String())
}

// storm is a cluster of three processes, and clients inside the test.
type storm struct {
	t        *testing.T
	replicas []*victim
	clients  []*live.Process
	history  *checker.SyncRecorder
	answered atomic.Int64 // operations
}

type victim struct {
	cfg live.Config
	cmd *exec.Cmd
}

func newStorm(t *testing.T) *storm {
	began := time.Now()
	s := &storm{t: t, history: checker.NewSyncRecorder(func() int64 { return int64(time.Since(began)) })}
	servers := []nodes.ID{"n1", "n2", "n3"}
	peers := map[nodes.ID]string{}
	for _, id := range servers {
		peers[id] = freeAddress(t)
	}
	dir := t.TempDir()
	for _, id := range servers {
		v := &victim{cfg: live.Config{ID: id, Dir: filepath.Join(dir, string(id)), Peers: peers}}
		v.cmd = child(t, "paxos", v.cfg)
		s.replicas = append(s.replicas, v)
		t.Cleanup(func() {
			if v.cmd.ProcessState == nil {
				_ = v.cmd.Process.Kill()
				_ = v.cmd.Wait()
			}
		})
	}
	for i := range 4 {
		id := nodes.ID(fmt.Sprintf("c%d", i+1))
		s.clients = append(s.clients, start(t, live.Config{
			ID: id, Dir: filepath.Join(dir, string(id)), Peers: peers, Logger: silent, BackoffMax: 50 * time.Millisecond,
		}, &kvClient{storm: s, client: paxos.NewClient(paxos.ClientConfig{
			Servers: servers, Timeout: 200 * time.Millisecond, Deadline: 2 * time.Second,
		})}))
	}
	return s
}

// serves waits until n more operations were answered.
func (s *storm) serves(n int64) {
	s.t.Helper()
	want := s.answered.Load() + n
	eventually(s.t, func() bool { return s.answered.Load() >= want }, "the cluster serves")
}

// kvClient is a client with one operation at a time.
type kvClient struct {
	*storm
	client *paxos.Client
	id     checker.OpID
	op     checker.Op
	begun  int
}

func (c *kvClient) Codec() nodes.Codec { return paxos.NewCodec() }

func (c *kvClient) Boot(env nodes.Env) error { c.begin(env); return nil }

func (c *kvClient) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if res, done := c.client.Deliver(env, from, m); done {
		c.end(env, res)
	}
}

var think = nodes.Tag{Name: "think"}

func (c *kvClient) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == think {
		c.begin(env)
	} else if res, done := c.client.Fire(env, tag); done {
		c.end(env, res)
	}
}

func (c *kvClient) Synced(nodes.Env, nodes.Tag, error) {}

func (c *kvClient) begin(env nodes.Env) {
	c.begun++
	key, value := fmt.Sprintf("k%d", env.Rand().IntN(4)), fmt.Sprintf("%s.%d;", env.Self(), c.begun)
	var op paxos.Op
	switch n := env.Rand().IntN(10); {
	case n < 4:
		c.op, op.Kind = checker.Op{F: checker.Get}, paxos.OpGet
	case n < 8:
		c.op, op.Kind = checker.Op{F: checker.Put, In: checker.Val(value)}, paxos.OpPut
	case n < 9:
		c.op, op.Kind = checker.Op{F: checker.Append, In: checker.Val(value)}, paxos.OpAppend
	default:
		c.op, op.Kind = checker.Op{F: checker.Delete}, paxos.OpDelete
	}
	c.op.Key, op.Key, op.Value = key, key, value
	c.id = c.history.Invoke(string(env.Self()), c.op)
	c.client.Start(env, op)
}

func (c *kvClient) end(env nodes.Env, res paxos.Result) {
	switch {
	case res.Outcome == paxos.OutcomeMaybe:
		c.history.Maybe(c.id)
	case res.Outcome == paxos.OutcomeFail:
		c.history.Fail(c.id)
	case c.op.F == checker.Get && res.Answer.Done:
		c.history.OK(c.id, checker.Val(res.Answer.Value))
	case c.op.F == checker.Get:
		c.history.OK(c.id, checker.Unset)
	default:
		c.history.OK(c.id, checker.Value{})
	}
	if res.Outcome == paxos.OutcomeOK {
		c.answered.Add(1)
	}
	env.SetTimer(think, time.Duration(env.Rand().Int64N(int64(8*time.Millisecond))))
}
