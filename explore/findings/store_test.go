package findings

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"orrery/nemesis"
)

var someday = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// violation is the n-th execution of a campaign that violated something.
func violation(campaign, session string, n uint64) *Pending {
	return &Pending{Scenario: "toy", Property: "agreement", Detail: "two values", Repro: json.RawMessage(`{"a":1}`),
		Sighting: Sighting{Session: session, Campaign: campaign, Execution: n, Seed: 100 + n, When: someday}}
}

// shrunk is what became of it.
func shrunk(signature string, events uint64) Finding {
	return Finding{Key: Key{Scenario: "toy", Property: "agreement", Signature: signature}, Detail: "two values",
		Repro: json.RawMessage(fmt.Sprintf(`{"events":%d}`, events)), Shrunk: true, Events: events}
}

func create(t *testing.T) *Store {
	s, moved, err := Create(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, moved)
	return s
}

func TestWhatIsCommittedIsThereForTheNextProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, _, err := Create(dir)
	require.NoError(t, err)
	p := Progress{ID: "c1", Scenario: "toy", Strategy: "swarm", Seed: 1, Done: 8, Until: 100, Violated: 1, Updated: someday}
	v := violation("c1", "s1", 7)
	require.NoError(t, s.Commit(p, v))

	s, moved, err := OpenExisting(dir)
	require.NoError(t, err)
	require.Empty(t, moved)
	got, ok, err := s.Progress("c1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, p, got)
	pending, err := s.Pending("c1")
	require.NoError(t, err)
	require.Equal(t, []Pending{*v}, pending)
	_, ok, err = s.Progress("c2")
	require.NoError(t, err)
	require.False(t, ok)
	all, err := s.Campaigns()
	require.NoError(t, err)
	require.Equal(t, []Progress{p}, all)
}

func TestPendingViolationsOfACampaignAreInTheOrderOfTheirExecutions(t *testing.T) {
	s := create(t)
	for _, n := range []uint64{300, 7, 65536, 8} {
		require.NoError(t, s.Commit(Progress{ID: "c1"}, violation("c1", "s1", n)))
		require.NoError(t, s.Commit(Progress{ID: "c10"}, violation("c10", "s1", n+1)))
	}
	pending, err := s.Pending("c1")
	require.NoError(t, err)
	var order []uint64
	for _, p := range pending {
		order = append(order, p.Sighting.Execution)
	}
	require.Equal(t, []uint64{7, 8, 300, 65536}, order)
	require.NoError(t, s.Drop(&pending[2]))
	pending, err = s.Pending("c1")
	require.NoError(t, err)
	require.Len(t, pending, 3)
}

func TestOneCauseIsOneFinding(t *testing.T) {
	s := create(t)
	f, fresh, err := s.Keep(violation("c1", "s1", 7), shrunk("crash", 90))
	require.NoError(t, err)
	require.True(t, fresh)
	require.Equal(t, New, f.State)
	f, fresh, err = s.Keep(violation("c1", "s1", 9), shrunk("crash", 50))
	require.NoError(t, err)
	require.False(t, fresh)
	require.EqualValues(t, 2, f.Seen)
	require.Equal(t, New, f.State, "the session that found it knows no more")
	require.EqualValues(t, 50, f.Events, "the smaller one is kept")
	require.EqualValues(t, 7, f.First.Execution)
	require.EqualValues(t, 9, f.Last.Execution)
	f, _, err = s.Keep(violation("c2", "s2", 1), shrunk("crash", 70))
	require.NoError(t, err)
	require.Equal(t, Open, f.State)
	require.EqualValues(t, 50, f.Events)
	other, fresh, err := s.Keep(violation("c2", "s2", 2), shrunk("isolate", 70))
	require.NoError(t, err)
	require.True(t, fresh)
	require.NotEqual(t, f.ID, other.ID)
	pending, err := s.Pending("c1")
	require.NoError(t, err)
	require.Empty(t, pending)
}

func TestAFindingThatNoLongerViolatesIsGoneAndBackWhenItIsSeenAgain(t *testing.T) {
	s := create(t)
	f, _, err := s.Keep(violation("c1", "s1", 7), shrunk("crash", 90))
	require.NoError(t, err)
	step := func(f Finding, err error) State { require.NoError(t, err); return f.State }
	require.Equal(t, New, step(s.Replayed(f.ID, true, "s1")))
	require.Equal(t, Open, step(s.Replayed(f.ID, true, "s2")))
	require.Equal(t, Gone, step(s.Replayed(f.ID, false, "s3")))
	require.Equal(t, Gone, step(s.Replayed(f.ID, false, "s4")))
	require.Equal(t, Back, step(s.Replayed(f.ID, true, "s5")))
	require.Equal(t, Gone, step(s.Close(f.ID, "fixed")))
	again, _, err := s.Keep(violation("c9", "s6", 1), shrunk("crash", 99))
	require.NoError(t, err)
	require.Equal(t, Back, again.State)
	require.EqualValues(t, 99, again.Events, "what was gone replays from the run that brought it back")
	require.Equal(t, Gone, step(s.Close(f.ID, "fixed, really")))
	require.Equal(t, Open, step(s.Reopen(f.ID)))
	_, err = s.Close("ffffffff", "")
	require.ErrorIs(t, err, errNoFinding)
}

func TestEveryRunOfACommandHasASessionOfItsOwn(t *testing.T) {
	s := create(t)
	a, err := s.Session()
	require.NoError(t, err)
	s, _, err = OpenExisting(filepath.Dir(s.Path()))
	require.NoError(t, err)
	b, err := s.Session()
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}

func TestAFindingIsFoundByTheBeginningOfItsName(t *testing.T) {
	s := create(t)
	var ids []string
	for i := range 40 {
		f, _, err := s.Keep(violation("c1", "s1", uint64(i)), shrunk(fmt.Sprint(i), 90))
		require.NoError(t, err)
		ids = append(ids, f.ID)
	}
	f, err := s.Find(ids[3])
	require.NoError(t, err)
	require.Equal(t, ids[3], f.ID)
	_, err = s.Find("zz")
	require.ErrorContains(t, err, `there is no finding "zz"`)
	_, err = s.Find("")
	require.Error(t, err)
	first := map[byte]int{}
	for _, id := range ids {
		first[id[0]]++
	}
	for c, n := range first {
		if n > 1 {
			_, err = s.Find(string(c))
			require.ErrorContains(t, err, "is the beginning of ")
		}
	}
	all, err := s.Findings()
	require.NoError(t, err)
	require.Len(t, all, 40)
}

// Whatever is done to the file, opening it either works or moves it aside, and never ends the program.
func TestAStoreThatCannotBeReadIsMovedAsideAndNotDeleted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	moves := 0
	for round := range 60 {
		s := create(t)
		for n := range 20 {
			require.NoError(t, s.Commit(Progress{ID: "c1", Done: uint64(n)}, violation("c1", "s1", uint64(n))))
		}
		data, err := os.ReadFile(s.Path())
		require.NoError(t, err)
		switch round % 4 {
		case 0:
			data = data[:rng.IntN(len(data))]
		case 1:
			for range 200 {
				data[rng.IntN(len(data))] ^= byte(1 + rng.IntN(255))
			}
		case 2:
			page := rng.IntN(len(data)/os.Getpagesize()) * os.Getpagesize()
			clear(data[page : page+os.Getpagesize()])
		case 3:
			data = []byte("this is no database\n")
		}
		require.NoError(t, os.WriteFile(s.Path(), data, 0o600))
		again, moved, err := Create(filepath.Dir(s.Path()))
		require.NoError(t, err)
		if moved == "" {
			continue // the damage hit what no page needs
		}
		moves++
		kept, err := os.ReadFile(moved)
		require.NoError(t, err)
		require.Equal(t, data, kept, "it is moved aside as it was")
		require.Equal(t, FileName+".unreadable-1", filepath.Base(moved))
		require.NoError(t, again.Commit(Progress{ID: "c1"}, nil))
		if round == 3 {
			require.NoError(t, os.WriteFile(s.Path(), data, 0o600))
			_, second, err := OpenExisting(filepath.Dir(s.Path()))
			require.NoError(t, err)
			require.Equal(t, FileName+".unreadable-2", filepath.Base(second), "one that was moved before is not replaced")
		}
	}
	require.Greater(t, moves, 40)
}

func TestARecordThatIsNotOursMakesAStoreUnreadable(t *testing.T) {
	s := create(t)
	require.NoError(t, s.update(func(tx *bbolt.Tx) error { return tx.Bucket(findingsBucket).Put([]byte("x"), []byte("{")) }))
	_, moved, err := OpenExisting(filepath.Dir(s.Path()))
	require.NoError(t, err)
	require.NotEmpty(t, moved)
}

func TestAStoreOfANewerVersionIsRefusedAndLeftAlone(t *testing.T) {
	s := create(t)
	require.NoError(t, s.update(func(tx *bbolt.Tx) error {
		return put(tx, metaBucket, versionKey, 9)
	}))
	before, err := os.ReadFile(s.Path())
	require.NoError(t, err)
	_, moved, err := Create(filepath.Dir(s.Path()))
	var newer *VersionError
	require.ErrorAs(t, err, &newer)
	require.EqualError(t, err, s.Path()+": findings of version 9; this program reads up to 1")
	require.Empty(t, moved)
	after, err := os.ReadFile(s.Path())
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestWhereThereIsNoStoreNoneIsMade(t *testing.T) {
	dir := t.TempDir()
	_, _, err := OpenExisting(dir)
	require.ErrorIs(t, err, ErrNone)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.NoError(t, os.Mkdir(filepath.Join(dir, FileName), 0o700))
	_, _, err = Create(dir)
	require.ErrorContains(t, err, "want a file")
}

func TestASignatureIsTheKindsOfFaultsAndTheFunctionThatPanicked(t *testing.T) {
	plan, err := nemesis.ParsePlan("plan", []byte("1s isolate(n1) until 2s\n2s crash(n2) until 3s\n4s crash(n3) until 5s\n"))
	require.NoError(t, err)
	require.Equal(t, "crash+isolate", Signature(plan, nil, ""))
	require.Equal(t, "no faults", Signature(nemesis.Plan{}, nil, ""))
	require.Equal(t, "crash+isolate with P1a P1b", Signature(plan, []string{"P1b", "P1a", "P1b"}, ""))
	stack := `goroutine 1 [running]:
runtime/debug.Stack()
	/usr/lib/go/debug.go:26 +0x64
orrery/sim.(*Universe).caught(0xc0001)
	/src/sim/outcome.go:3 +0x1
panic({0x4f2e60?, 0x57f6a8?})
	/usr/lib/go/panic.go:860 +0x13a
runtime.goPanicIndex(0x5, 0x3)
	/usr/lib/go/panic.go:115 +0x74
orrery/nodes/paxos.(*Replica).learn(0xc000115d48, {0x1, 0x2})
	/src/nodes/paxos/learner.go:23 +0x2f`
	require.Equal(t, "no faults in orrery/nodes/paxos.(*Replica).learn", Signature(nemesis.Plan{}, nil, stack))
}

func TestAnIDDependsOnAllOfTheKey(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range []Key{{}, {"a", "", "", ""}, {"", "a", "", ""}, {"", "", "a", ""}, {"", "", "", "a"}} {
		require.Len(t, k.ID(), 8)
		require.False(t, seen[k.ID()])
		seen[k.ID()] = true
		require.Equal(t, strings.ToLower(k.ID()), k.ID())
	}
}
