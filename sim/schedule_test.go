package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/trace"
)

// pickLast takes whatever would come last.
type pickLast struct{ asked int }

func (p *pickLast) Pick(_ *Universe, pending []Pending) int {
	p.asked++
	return len(pending) - 1
}

// pickNonsense answers what is no index.
type pickNonsense struct{}

func (pickNonsense) Pick(_ *Universe, pending []Pending) int { return len(pending) + 7 }

// posts is a universe in which a tells b five things by datagram, and itself three by a stage; it returns
// the order in which all of it came.
func posts(cfg Config) (order string, u *Universe) {
	var got []string
	cfg.Net = lan
	u = pair(cfg, &script{
		boot: func(env nodes.Env) error {
			for i := range 5 {
				env.Send("b", text(fmt.Sprint("m", i)))
			}
			for i := range 3 {
				env.Post(tag("stage"), text(fmt.Sprint("s", i)))
			}
			return nil
		},
		posted: func(_ nodes.Env, _ nodes.Tag, m nodes.Message) { got = append(got, string(m.(text))) },
	}, &script{deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) { got = append(got, string(m.(text))) }})
	u.Run(time.Second)
	return strings.Join(got, " "), u
}

func TestASchedulerTurnsTheOrderOfMessagesRound(t *testing.T) {
	inTime, _ := posts(Config{Seed: 3})
	last, u := posts(Config{Seed: 3, Window: time.Minute, Scheduler: &pickLast{}})
	require.NotEqual(t, inTime, last)
	require.Len(t, strings.Fields(last), 8)
	require.Contains(t, last, "s0")
	require.Less(t, strings.Index(last, "s0"), strings.Index(last, "s1"), "a stage keeps its order")
	require.Less(t, strings.Index(last, "s1"), strings.Index(last, "s2"), "a stage keeps its order")
	require.Equal(t, uint64(5), u.Stats().Delivered)
}

func TestAWindowAloneChangesNothing(t *testing.T) {
	_, plain := posts(Config{Seed: 3})
	_, windowed := posts(Config{Seed: 3, Window: time.Minute})
	_, nonsense := posts(Config{Seed: 3, Window: time.Minute, Scheduler: pickNonsense{}})
	require.Equal(t, plain.Hash(), windowed.Hash())
	require.Equal(t, plain.Hash(), nonsense.Hash())
	require.Equal(t, troubled(Config{Seed: 7}).Hash(), troubled(Config{Seed: 7, Window: 1}).Hash())
}

func TestASmallWindowBoundsWhatMayOvertake(t *testing.T) {
	datagrams := func(order string) string { return order[strings.Index(order, "m"):] }
	little, _ := posts(Config{Seed: 3, Window: 2, Scheduler: &pickLast{}})
	plain, _ := posts(Config{Seed: 3})
	require.Equal(t, datagrams(plain), datagrams(little), "no two datagrams of this run are 2 ns apart")
}

func TestRecordedPicksReplayWithoutTheScheduler(t *testing.T) {
	var draws []Draw
	first := troubled(Config{Seed: 7, Window: 50 * time.Millisecond, Scheduler: &pickLast{}, RecordDraws: &draws})
	require.NotEqual(t, troubled(Config{Seed: 7}).Hash(), first.Hash())
	var pins []Override
	for _, d := range draws {
		if d.Stream == "sched/next" && d.Value != 0 {
			pins = append(pins, Override{Stream: d.Stream, ID: DrawID(d.ID), Value: d.Value})
		}
	}
	require.NotEmpty(t, pins)
	again := troubled(Config{Seed: 7, Window: 50 * time.Millisecond, Overrides: pins})
	require.Equal(t, first.Hash(), again.Hash())
}

func TestAnOmittedDatagramIsLostAndNothingElseChanges(t *testing.T) {
	var rec trace.Recorder
	order, _ := posts(Config{Seed: 3, Recorder: &rec})
	var omit []DrawID
	for e := range rec.Events() {
		if e.Kind == trace.Deliver && len(omit) == 0 {
			omit = append(omit, DrawID(e.ID))
		}
	}
	less, u := posts(Config{Seed: 3, Omit: omit})
	require.Equal(t, uint64(1), u.Stats().Dropped[DropOmitted])
	lost := ""
	for _, w := range strings.Fields(order) {
		if !strings.Contains(less, w) {
			lost = w
		}
	}
	require.NotEmpty(t, lost)
	require.Equal(t, less, strings.Join(strings.Fields(strings.Replace(" "+order+" ", " "+lost+" ", " ", 1)), " "))
}

func TestRemovingAnyItemLeavesTheQueueInOrder(t *testing.T) {
	for n := range 120 {
		for out := range n / 2 {
			q := queue{sorted: n%2 == 1}
			n := n / 2
			for i := range n {
				q.push(item{at: int64(i * 37 % 101), slot: uint32(i)})
			}
			q.remove(uint32(out))
			last := int64(-1)
			for range n - 1 {
				it := q.pop()
				require.NotEqual(t, uint32(out), it.slot)
				require.GreaterOrEqual(t, it.at, last)
				last = it.at
			}
			require.Empty(t, q.items)
		}
	}
}

// A storm of messages makes every choice dear: a run ends when it has looked at too many pending events, however few have happened.
func TestARunThatChoosesAmongTooMuchIsExhausted(t *testing.T) {
	u := New(Config{Window: time.Second})
	s := func() nodes.Node {
		return &script{boot: func(env nodes.Env) error {
			for i := range 20 {
				env.SetTimer(tag(fmt.Sprint("t", i)), time.Duration(i+1)*time.Millisecond)
			}
			return nil
		}}
	}
	u.Add("a", s).Start(0)
	u.picker.looked = u.cfg.lookedMax - 30
	require.Equal(t, Exhausted, u.Run(time.Minute))
	require.Less(t, u.Stats().Events, uint64(20))
}
