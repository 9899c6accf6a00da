package lock_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/lock"
	"orrery/nodes/paxos"
	"orrery/sim"
	"orrery/sim/vdisk"
)

const ttl = 300 * time.Millisecond

// asker is a machine that sends what a test wants, and notes the answers.
type asker struct {
	to      nodes.ID
	script  []lock.Message
	answers []lock.Message
}

func (a *asker) Codec() nodes.Codec { return lock.NewCodec() }
func (a *asker) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "next"}, 20*time.Millisecond)
	return nil
}
func (a *asker) Synced(nodes.Env, nodes.Tag, error) {}
func (a *asker) Deliver(_ nodes.Env, _ nodes.ID, m nodes.Message) {
	if r := m.(*lock.Message); r.Type != lock.Turn {
		a.answers = append(a.answers, *r)
	}
}

// Fire sends the next message; there are 20 ms between two.
func (a *asker) Fire(env nodes.Env, tag nodes.Tag) {
	if len(a.script) > 0 {
		env.Send(a.to, &a.script[0])
		a.script = a.script[1:]
		env.SetTimer(tag, 20*time.Millisecond)
	}
}

// one makes a universe of one node, and returns a function that adds a machine with a script.
func one(build func() nodes.Node) (*sim.Universe, func(id nodes.ID, after time.Duration, script ...lock.Message) *asker) {
	u := sim.New(sim.Config{Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}})
	u.Add("n", build).Start(0)
	return u, func(id nodes.ID, after time.Duration, script ...lock.Message) *asker {
		a := &asker{to: "n", script: script}
		u.Add(id, func() nodes.Node { return a }).Start(after)
		return a
	}
}

func ask(t lock.Type, n uint64) lock.Message {
	return lock.Message{Type: t, N: n, Value: n, TTL: uint64(ttl)}
}

func TestARowIsGrantedInTheOrderOfAskingAndItsTokenGrows(t *testing.T) {
	u, add := one(func() nodes.Node { return lock.NewRow(lock.RowConfig{}) })
	a := add("a", 0, ask(lock.Lock, 1), ask(lock.Renew, 1), ask(lock.Unlock, 1))
	b := add("b", 10*time.Millisecond, ask(lock.Lock, 1), ask(lock.Lock, 1), ask(lock.Lock, 1), ask(lock.Lock, 1))
	u.Run(time.Second)
	require.Len(t, a.answers, 3)
	require.True(t, a.answers[0].OK)
	require.EqualValues(t, 1, a.answers[0].Token)
	require.True(t, a.answers[1].OK, "the holder may renew")
	require.False(t, b.answers[0].OK)
	require.False(t, b.answers[1].OK)
	require.True(t, b.answers[3].OK)
	require.EqualValues(t, 2, b.answers[3].Token)
}

func TestARowForgetsNeitherTokenNorQueueWhenThePowerFails(t *testing.T) {
	u, add := one(func() nodes.Node { return lock.NewRow(lock.RowConfig{}) })
	a := add("a", 0, ask(lock.Lock, 1), ask(lock.Unlock, 1), ask(lock.Lock, 2))
	u.Run(200 * time.Millisecond)
	require.EqualValues(t, 2, a.answers[2].Token)
	u.Machine("n").Kill(vdisk.LoseUnsynced)
	u.Machine("n").Start(0)
	b := add("b", 0, ask(lock.Lock, 1), ask(lock.Lock, 1))
	u.Run(300 * time.Millisecond)
	require.False(t, b.answers[0].OK, "a's lease has not run out")
	require.True(t, u.Machine("n").Node().(*lock.Row).Ledger().Holds(lock.Claim{Owner: "a", N: 2}))
	u.Run(2 * ttl)
	l := u.Machine("n").Node().(*lock.Row).Ledger()
	require.True(t, l.Holds(lock.Claim{Owner: "b", N: 1}))
	require.EqualValues(t, 3, l.Token)
}

func TestALockDelayKeepsAnExpiredLockFromOthersButNotOneThatWasGivenBack(t *testing.T) {
	for _, delay := range []time.Duration{0, 2 * ttl} {
		u, add := one(func() nodes.Node { return lock.NewRow(lock.RowConfig{LockDelay: delay}) })
		add("a", 0, ask(lock.Lock, 1))
		add("b", 5*time.Millisecond, ask(lock.Lock, 1))
		u.Run(2 * ttl)
		l := u.Machine("n").Node().(*lock.Row).Ledger()
		require.Equal(t, delay == 0, l.Holds(lock.Claim{Owner: "b", N: 1}), delay)
		u.Run(4 * ttl)
		require.False(t, l.Holds(lock.Claim{Owner: "a", N: 1}))
	}
	u, add := one(func() nodes.Node { return lock.NewRow(lock.RowConfig{LockDelay: time.Hour}) })
	add("a", 0, ask(lock.Lock, 1), ask(lock.Unlock, 1))
	b := add("b", 60*time.Millisecond, ask(lock.Lock, 1))
	u.Run(200 * time.Millisecond)
	require.True(t, b.answers[0].OK)
}

func TestACacheDeletesAndExtendsOnlyWhatIsTheAskers(t *testing.T) {
	for _, q := range []lock.Quirks{{}, {ReleasesAnyones: true}, {ExtendsAfterExpiry: true}} {
		u, add := one(func() nodes.Node { return lock.NewCache(lock.CacheConfig{Counts: true, Quirks: q}) })
		a := add("a", 0, ask(lock.SetNX, 1), ask(lock.ExtendIf, 2), ask(lock.DeleteIf, 2), ask(lock.SetNX, 3))
		u.Run(200 * time.Millisecond)
		require.Len(t, a.answers, 4)
		require.True(t, a.answers[0].OK)
		require.EqualValues(t, 1, a.answers[0].Token)
		require.Equal(t, q.ExtendsAfterExpiry, a.answers[1].OK)
		require.Equal(t, q != lock.Quirks{}, a.answers[2].OK, "%+v", q)
		require.Equal(t, q != lock.Quirks{}, a.answers[3].OK, "%+v", q)
	}
}

func TestACacheIsSilentAfterAStart(t *testing.T) {
	u, add := one(func() nodes.Node { return lock.NewCache(lock.CacheConfig{Silence: 30 * time.Millisecond}) })
	a := add("a", 0, ask(lock.SetNX, 1), ask(lock.SetNX, 2))
	u.Run(200 * time.Millisecond)
	require.Len(t, a.answers, 1)
	require.EqualValues(t, 2, a.answers[0].N)
}

func TestAFencedStoreRefusesSmallerTokensAlsoAfterARestart(t *testing.T) {
	for _, q := range []lock.Quirks{{}, {NoToken: true}, {FenceForgotten: true}} {
		u, add := one(func() nodes.Node { return lock.NewStore(lock.StoreConfig{Fenced: true, Quirks: q}) })
		write := func(token uint64) lock.Message {
			return lock.Message{Type: lock.Write, N: token, Token: token, Step: 1}
		}
		a := add("a", 0, write(33), write(34), write(33))
		u.Run(100 * time.Millisecond)
		require.Equal(t, fmt.Sprint(true, true, q.NoToken), fmt.Sprint(a.answers[0].OK, a.answers[1].OK, a.answers[2].OK))
		u.Machine("n").Kill(vdisk.LoseUnsynced)
		u.Machine("n").Start(0)
		b := add("b", 0, write(33))
		u.Run(200 * time.Millisecond)
		require.Equal(t, q.NoToken || q.FenceForgotten, b.answers[0].OK, "%+v", q)
	}
}

// Without faults every kind of lock lets every client through.
func TestEveryKindOfLockServesEveryClient(t *testing.T) {
	kinds := map[lock.Kind][]nodes.ID{lock.OnRow: {"l1"}, lock.OnCaches: {"l1", "l2", "l3", "l4", "l5"}, lock.OnPaxos: {"l1", "l2", "l3"}}
	for kind, ids := range kinds {
		u := sim.New(sim.Config{Seed: 7, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}}})
		for _, id := range ids {
			u.Add(id, func() nodes.Node {
				switch kind {
				case lock.OnRow:
					return lock.NewRow(lock.RowConfig{})
				case lock.OnCaches:
					return lock.NewCache(lock.CacheConfig{})
				}
				return paxos.New(paxos.Config{Self: id, Members: ids, Cluster: "test"})
			}).Start(0)
		}
		u.Add("store", func() nodes.Node { return lock.NewStore(lock.StoreConfig{Fenced: kind != lock.OnCaches}) }).Start(0)
		var clients []*lock.Client
		for i := range 3 {
			c := lock.NewClient(lock.ClientConfig{Kind: kind, Nodes: ids, Store: "store", Think: 5 * time.Millisecond, Work: time.Millisecond, Sections: 10})
			clients = append(clients, c)
			u.Add(nodes.ID(fmt.Sprintf("c%d", i+1)), func() nodes.Node { return c }).Start(0)
		}
		all := func() bool { return clients[0].Idle() && clients[1].Idle() && clients[2].Idle() }
		require.True(t, u.RunUntil(all, time.Minute), "kind %d", kind)
		for _, c := range clients {
			done, lost := c.Sections()
			require.Equal(t, 10, done)
			require.Zero(t, lost)
		}
	}
}

func FuzzDecode(f *testing.F) {
	c := lock.NewCodec()
	f.Add(c.Append(nil, &lock.Message{Type: lock.Write, N: 1, Token: 300, Step: 2}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := c.Decode(p)
		mine, is := m.(*lock.Message)
		if err != nil || !is {
			return
		}
		again, err := c.Decode(c.Append(nil, mine))
		require.NoError(t, err)
		require.Equal(t, mine, again)
	})
}

func FuzzReadLedger(f *testing.F) {
	l := lock.Ledger{Token: 3, Beat: 9, Queue: []lock.Claim{{Owner: "c1", N: 2}}}
	f.Add(l.Append(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		if l, err := lock.ReadLedger(p); err == nil {
			again, err := lock.ReadLedger(l.Append(nil))
			require.NoError(t, err)
			require.Equal(t, l, again)
		}
	})
}

func TestALateRequestOfAnEarlierAcquisitionTakesNothingFromTheLaterOne(t *testing.T) {
	u, add := one(func() nodes.Node { return lock.NewRow(lock.RowConfig{}) })
	a := add("a", 0, ask(lock.Lock, 2), ask(lock.Lock, 1), ask(lock.Renew, 2)) // the second was under way for long
	b := add("b", time.Millisecond, ask(lock.Lock, 1), ask(lock.Lock, 1))
	u.Run(time.Second)
	require.True(t, a.answers[0].OK)
	require.False(t, a.answers[1].OK, "the acquisition is over")
	require.True(t, a.answers[2].OK, "the lock is still held")
	require.False(t, b.answers[0].OK)
	require.False(t, b.answers[1].OK)
}
