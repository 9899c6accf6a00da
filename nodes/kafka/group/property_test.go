package group_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
)

// actor is a member that does things in any order, and remembers what it waits for.
type actor struct {
	*consumer
	joining, syncing uint64
	leads            []string // ids of the generation that it leads
	owns             string   // as it was last told
	ownsIn           int32    // the generation
}

// churn is a group under random members, time-outs, transactions and failovers, with what must hold of it (S16).
type churn struct {
	*world
	actors    []*actor
	told      map[string]string // generation and assignment to the member that was given it
	last      int64             // offset of the last commit that was tried
	possible  map[int64]bool    // offsets that may be the committed one
	tenure    int
	highest   int32 // generation of this tenure
	producers int64
	open      []transaction
	formed    bool  // a group of all was stable once
	sure      int64 // the largest offset that was accepted
}

func (c *churn) joinOne(t *rapid.T) {
	a := c.pick(t)
	if rapid.IntRange(0, 3).Draw(t, "more") == 0 {
		a.topics = append(a.topics, "u")
	}
	a.joining = a.join()
	a.syncing, a.leads = 0, nil
}

// everybody joins, hears and syncs, as far as what else goes on lets them.
func (c *churn) everybody(t *rapid.T) {
	for _, a := range c.actors {
		a.joining, a.syncing, a.leads = a.join(), 0, nil
	}
	c.pass(7 * time.Second)
	for range 2 {
		for _, a := range c.actors {
			c.hearOne(t, a)
			c.syncOf(a)
		}
	}
	g := c.group("g")
	c.formed = c.formed || g != nil && g.State == "Stable" && len(g.Members) == len(c.actors)
}

func (c *churn) pick(t *rapid.T) *actor {
	return c.actors[rapid.IntRange(0, len(c.actors)-1).Draw(t, "who")]
}

// hear lets a member take its answers.
func (c *churn) hear(t *rapid.T) { c.hearOne(t, c.pick(t)) }

func (c *churn) hearOne(t *rapid.T, a *actor) {
	if r, ok := c.answers[a.joining].(*kmsg.JoinGroupResponse); ok && a.joining != 0 {
		a.joining = 0
		switch proto.Code(r.ErrorCode) {
		case proto.None:
			a.joined0(r)
			require.NotEmpty(t, r.LeaderID)
		case proto.UnknownMemberID, proto.FencedInstanceID:
			a.id, a.generation = "", -1
		}
	}
	if r, ok := c.answers[a.syncing].(*kmsg.SyncGroupResponse); ok && a.syncing != 0 {
		a.syncing = 0
		if r.ErrorCode == 0 {
			c.given(t, a, string(r.MemberAssignment))
		}
	}
}

// joined0 takes the answer to JoinGroup.
func (a *actor) joined0(r *kmsg.JoinGroupResponse) {
	a.id, a.generation, a.leads = r.MemberID, r.Generation, nil
	for _, m := range r.Members {
		a.leads = append(a.leads, m.MemberID)
	}
}

// given checks that nobody else was given the same in the same generation (NoDoubleAssignment), and that it is given nothing else
// later. Generations are counted within a tenure: one that was never stored is counted again by the next coordinator.
func (c *churn) given(t *rapid.T, a *actor, what string) {
	if what == "" {
		return
	}
	k := fmt.Sprintf("%d/%d/%s", c.tenure, a.generation, what)
	who := a.id
	if a.instance != nil {
		who = *a.instance
	}
	if before, ok := c.told[k]; ok {
		require.Equal(t, before, who, "two members own %s", k)
	}
	c.told[k] = who
	a.owns, a.ownsIn = what, a.generation
}

func (c *churn) syncOne(t *rapid.T) { c.syncOf(c.pick(t)) }

func (c *churn) syncOf(a *actor) {
	if a.generation < 0 || a.joining != 0 {
		return
	}
	assign := map[string]string{}
	for i, id := range a.leads {
		assign[id] = fmt.Sprintf("p%d", i)
	}
	a.syncing = a.sync(assign)
}

// commitOne commits the next offset. Whether it counts is known only from the answer, or never.
func (c *churn) commitOne(t *rapid.T) {
	a := c.pick(t)
	c.last++
	offset := c.last
	g := c.group("g")
	call := a.commit(0, offset)
	code, answered := c.committedCode(call)
	member := g != nil && a.generation == g.Generation && hasMember(g, a.id)
	switch {
	case !answered, code == proto.NotCoordinator, code == proto.RequestTimedOut, code == proto.CoordinatorNotAvailable:
		c.possible[offset] = true
	case code == proto.None:
		require.True(t, member || a.generation < 0 && (g == nil || g.State == "Empty"), "accepted of a stranger")
		c.accepted(offset)
	default:
		require.NotZero(t, code)
	}
}

func hasMember(g *group.GroupView, id string) bool {
	for _, m := range g.Members {
		if m.Member == id {
			return true
		}
	}
	return false
}

// transaction is one that is open.
type transaction struct {
	producer, offset int64
	call             uint64
}

// stageOne stages an offset in a transaction of its own.
func (c *churn) stageOne(t *rapid.T) {
	c.last++
	c.producers++
	c.open = append(c.open, transaction{c.producers, c.last, c.pick(t).stage(c.producers, 0, c.last)})
}

// endOne ends a transaction. Its offset counts if no later one was accepted meanwhile.
func (c *churn) endOne(t *rapid.T) {
	if len(c.open) == 0 || c.held {
		return
	}
	i := rapid.IntRange(0, len(c.open)-1).Draw(t, "which")
	x := c.open[i]
	c.open = append(c.open[:i], c.open[i+1:]...)
	commit := rapid.Bool().Draw(t, "commits")
	c.mark(0, x.producer, commit)
	switch code, answered := c.committedCode(x.call); {
	case !commit:
	case answered && code == proto.None:
		c.accepted(x.offset)
	case !answered || code == proto.NotCoordinator || code == proto.RequestTimedOut:
		c.possible[x.offset] = true
	}
}

// accepted notes an offset that is committed. Offsets are tried in ascending order, and the record that was written last counts.
func (c *churn) accepted(offset int64) {
	if offset < c.sure {
		return
	}
	c.sure = offset
	for x := range c.possible {
		if x < offset {
			delete(c.possible, x)
		}
	}
	c.possible[offset] = true
}

func (c *churn) failover1() {
	c.held = false
	c.failover()
	c.tenure++
	c.highest = 0
	for _, a := range c.actors {
		if _, ok := c.answers[a.joining]; !ok {
			a.joining = 0
		}
		if _, ok := c.answers[a.syncing]; !ok {
			a.syncing = 0
		}
	}
}

// check is what holds after every step.
func (c *churn) check(t *rapid.T) {
	g := c.group("g")
	if g == nil {
		return
	}
	require.GreaterOrEqual(t, g.Generation, c.highest, "a generation goes back")
	c.highest = g.Generation
	ids := map[string]bool{}
	for _, m := range g.Members {
		require.False(t, ids[m.Member])
		ids[m.Member] = true
	}
	require.True(t, len(g.Members) == 0 || ids[g.Leader], "the leader is a member")
	require.Equal(t, len(g.Members) == 0 && g.State != "PreparingRebalance", g.State == "Empty")
	if len(g.Offsets) > 0 {
		at := g.Offsets[0].Offset
		require.True(t, c.possible[at], "%d was never accepted; %v were", at, c.possible)
	}
}

// replayed checks that another coordinator, from the same log, knows the same offsets and the same generation.
func (c *churn) replayed(t *rapid.T) {
	if c.held {
		return
	}
	before := c.group("g")
	if rapid.Bool().Draw(t, "compacted") {
		c.compact(0)
	}
	c.failover1()
	after := c.group("g")
	if before == nil || after == nil {
		require.True(t, before == nil || len(before.Offsets)+len(before.Staged) == 0)
		return
	}
	require.Equal(t, before.Offsets, after.Offsets)
	require.Equal(t, before.Staged, after.Staged)
	if before.State == "Stable" {
		require.Equal(t, before.Generation, after.Generation)
		require.Equal(t, before.Members, after.Members)
		c.highest = after.Generation
	}
}

func TestGroupsKeepTheirPromisesUnderChurn(t *testing.T) {
	formed := 0
	rapid.Check(t, func(t *rapid.T) {
		c := &churn{world: newWorld(t, group.Config{}), told: map[string]string{}, possible: map[int64]bool{}}
		for i := range 4 {
			a := &actor{consumer: c.consumer("g")}
			a.rebalance = 20 * time.Second
			if i == 3 {
				a = &actor{consumer: c.static("g", "fixed")}
			}
			c.actors = append(c.actors, a)
		}
		t.Repeat(map[string]func(*rapid.T){
			"":       c.check,
			"join":   c.joinOne,
			"hear":   c.hear,
			"hear2":  c.hear,
			"sync":   c.syncOne,
			"all":    c.everybody,
			"commit": c.commitOne,
			"stage":  c.stageOne,
			"end":    c.endOne,
			"heartbeat": func(t *rapid.T) {
				_ = c.pick(t).heartbeat()
			},
			"leave": func(t *rapid.T) { _ = c.pick(t).leave() },
			"time": func(t *rapid.T) {
				c.pass(time.Duration(rapid.IntRange(1, 15000).Draw(t, "ms")) * time.Millisecond)
			},
			"hold":      func(*rapid.T) { c.held = true },
			"replicate": func(*rapid.T) { c.held = false; c.settle() },
			"restart":   func(t *rapid.T) { a := c.pick(t); a.id, a.generation, a.joining, a.syncing = "", -1, 0, 0 },
			"failover":  func(*rapid.T) { c.failover1() },
			"replay":    c.replayed,
		})
		if c.formed {
			formed++
		}
	})
	require.NotZero(t, formed, "no group was ever whole")
	t.Logf("%d groups were whole at some time", formed)
}
