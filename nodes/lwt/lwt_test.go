package lwt_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/lwt"
	"orrery/sim"
)

// asker sends requests one after the other, and notes the replies.
type asker struct {
	requests []lwt.Message
	to       []nodes.ID
	replies  []lwt.Message
}

func (a *asker) Codec() nodes.Codec { return lwt.Codec() }
func (a *asker) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "go"}, time.Second)
	return nil
}
func (a *asker) Fire(env nodes.Env, _ nodes.Tag)    { a.send(env) }
func (a *asker) Synced(nodes.Env, nodes.Tag, error) {}
func (a *asker) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	a.replies = append(a.replies, *m.(*lwt.Message))
	a.send(env)
}

func (a *asker) send(env nodes.Env) {
	if i := len(a.replies); i < len(a.requests) {
		env.Send(a.to[i], &a.requests[i])
	}
}

// ask runs requests against three replicas of which n1 is cut off at first, if so wished.
func ask(seed uint64, a *asker, without nodes.ID) *sim.Universe {
	u := sim.New(sim.Config{Seed: seed, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: 20 * time.Millisecond}}})
	ids := []nodes.ID{"n1", "n2", "n3"}
	for _, id := range ids {
		if id != without {
			u.Add(id, func() nodes.Node { return lwt.New(lwt.Config{Self: id, Replicas: ids}) }).Start(0)
		}
	}
	u.Add("client", func() nodes.Node { return a }).Start(0)
	u.Run(time.Minute)
	return u
}

func request(expect, value string) lwt.Message {
	return lwt.Message{Type: lwt.Request, Expect: expect, Value: value}
}

func TestAValueIsSetOnlyIfItIsWhatIsExpected(t *testing.T) {
	for seed := range uint64(100) {
		for _, without := range []nodes.ID{"", "n3"} {
			a := &asker{requests: []lwt.Message{request("", "a"), request("x", "b"), request("a", "c")}, to: []nodes.ID{"n1", "n2", "n1"}}
			ask(seed, a, without)
			require.Len(t, a.replies, 3, "seed %d", seed)
			got := fmt.Sprint(a.replies[0].OK, a.replies[1].OK, a.replies[2].OK)
			require.Equal(t, "true false true", got, "seed %d", seed)
		}
	}
}

func FuzzDecode(f *testing.F) {
	c := lwt.Codec()
	f.Add(c.Append(nil, &lwt.Message{Type: lwt.Promise, OK: true, InProgress: lwt.Commit{Value: "a"}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := c.Decode(p)
		if err != nil {
			return
		}
		again, err := c.Decode(c.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
