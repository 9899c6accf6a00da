package sim

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// troubled runs an echo universe with loss, duplicates, a cut and a crash.
func troubled(cfg Config) *Universe {
	cfg.Net = lan
	cfg.Net.LossPPM, cfg.Net.DuplicatePPM, cfg.Net.SlowPairPPM, cfg.Net.SlowPairMax = 10_000, 300_000, 200_000, 10*time.Millisecond
	cfg.Net.Capacity = 4
	u := New(cfg)
	addEchoes(u)
	u.After(3*time.Millisecond, "kill", func() {
		u.Machine("n2").Kill(vdisk.LoseSubset)
		u.Machine("n2").Start(time.Millisecond)
	})
	u.After(20*time.Millisecond, "cut", func() {
		cut := u.DisturbLinks("cut", [][2]nodes.ID{{"n1", "n2"}}, LinkFault{Cut: true})
		u.After(15*time.Millisecond, "heal", cut.End)
	})
	u.Run(300 * time.Millisecond)
	return u
}

func TestOneSeedHasOneHash(t *testing.T) {
	first := troubled(Config{Seed: 7})
	require.Equal(t, first.Hash(), troubled(Config{Seed: 7}).Hash())
	require.NotEqual(t, first.Hash(), troubled(Config{Seed: 8}).Hash())
	require.NotZero(t, first.Stats().Dropped[DropCut])
	require.NotZero(t, first.Stats().Duplicated)
}

func TestRecordingChangesNothing(t *testing.T) {
	var rec trace.Recorder
	var draws []Draw
	watched := troubled(Config{Seed: 7, Recorder: &rec, RecordDraws: &draws, States: true})
	require.Equal(t, troubled(Config{Seed: 7}).Hash(), watched.Hash())
	require.Positive(t, rec.Len())
	require.NotEmpty(t, draws)
}

func TestRecordedDrawsReplayTheRunUnderAnotherSeed(t *testing.T) {
	var draws []Draw
	first := troubled(Config{Seed: 7, RecordDraws: &draws})
	var pins []Override
	for _, d := range draws {
		pins = append(pins, Override{Stream: d.Stream, ID: DrawID(d.ID), Value: d.Value})
	}
	require.Equal(t, first.Hash(), troubled(Config{Seed: 999, Overrides: pins}).Hash())
}

func TestForkSharesThePastOnly(t *testing.T) {
	const at = 200
	run := func(fork *Fork) (past, all trace.Hash) {
		u := New(Config{Seed: 3, Net: lan, Fork: fork})
		addEchoes(u)
		for range at {
			u.Step()
		}
		past = u.Hash()
		for range at {
			u.Step()
		}
		return past, u.Hash()
	}
	past, future := run(nil)
	past2, future2 := run(&Fork{At: at, Seed: 4})
	require.Equal(t, past, past2)
	require.NotEqual(t, future, future2)
}

// A draw is about a thing, not about a place in a sequence: when one message is not
// sent, the delays of all others stay as they were.
func TestLeavingOutAMessageDisturbsNoOther(t *testing.T) {
	arrivals := func(skip string) map[string]time.Duration {
		got := map[string]time.Duration{}
		var u *Universe
		a := &script{
			boot: func(env nodes.Env) error {
				for i := range 5 {
					env.SetTimer(nodes.Tag{Name: "send", N: uint64(i + 1)}, time.Duration(i)*time.Millisecond)
				}
				return nil
			},
			fire: func(env nodes.Env, t nodes.Tag) {
				if t.String() != skip {
					env.Send("b", text(t.String()))
				}
			},
		}
		b := &script{deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) { got[string(m.(text))] = u.Now() }}
		u = pair(Config{Seed: 5, Net: lan}, a, b)
		u.Run(time.Second)
		return got
	}
	all := arrivals("")
	some := arrivals("send#2")
	require.Len(t, all, 5)
	delete(all, "send#2")
	require.Equal(t, all, some)
}

func TestPartitionCatchesWhatIsOnItsWay(t *testing.T) {
	var got []string
	a := &script{boot: func(env nodes.Env) error { env.Send("b", text("hello")); return nil }}
	b := &script{deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) { got = append(got, string(m.(text))) }}
	u := pair(Config{Net: NetConfig{Delay: Dist{Min: 10 * time.Millisecond}}}, a, b)
	var cut *Active
	u.After(5*time.Millisecond, "cut", func() {
		cut = u.DisturbLinks("cut", [][2]nodes.ID{{"a", "b"}}, LinkFault{Cut: true})
	})
	u.Run(time.Second)
	require.Empty(t, got)
	require.EqualValues(t, 1, cut.Effects())
}

func TestClogHoldsAndReleases(t *testing.T) {
	var got []string
	var u *Universe
	var arrived time.Duration
	a := &script{boot: func(env nodes.Env) error { env.Send("b", text("hello")); return nil }}
	b := &script{deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) {
		got = append(got, string(m.(text)))
		arrived = u.Now()
	}}
	u = pair(Config{Net: lan}, a, b)
	clog := u.DisturbLinks("clog", [][2]nodes.ID{{"a", "b"}}, LinkFault{Hold: true})
	u.After(time.Second, "heal", clog.End)
	u.Run(2 * time.Second)
	require.Equal(t, []string{"hello"}, got)
	require.Equal(t, time.Second, arrived)
}

func TestAKillFallsBetweenTwoEffects(t *testing.T) {
	for n := 1; n <= 4; n++ {
		var got []string
		a := &script{fire: func(env nodes.Env, _ nodes.Tag) {
			env.Send("b", text("one"))
			env.Send("b", text("two"))
			env.Send("b", text("three"))
		}}
		a.boot = func(env nodes.Env) error { env.SetTimer(tag("go"), time.Millisecond); return nil }
		b := &script{deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) { got = append(got, string(m.(text))) }}
		u := pair(Config{Net: lan}, a, b)
		u.After(0, "arm", func() {
			u.After(time.Microsecond, "arm", func() { u.Machine("a").KillAtEffect(n, vdisk.LoseNothing) })
		})
		u.Run(time.Second)
		require.Len(t, got, n-1)
		require.Equal(t, n > 3, u.Machine("a").Up())
	}
}

func TestAPanicIsAViolationWithItsStack(t *testing.T) {
	u := New(Config{})
	u.Add("a", func() nodes.Node {
		return &script{boot: func(nodes.Env) error { panic("the acceptor is confused") }}
	}).Start(0)
	require.Equal(t, Violated, u.Run(time.Second))
	v := u.Violation()
	require.Equal(t, "panic", v.Property)
	require.Contains(t, v.Detail, "the acceptor is confused")
	require.Contains(t, v.Stack, "sim_test.go")
	require.EqualValues(t, 1, v.Seq)
}

func TestHaltAndARefusedBootAreNotViolations(t *testing.T) {
	u := pair(Config{},
		&script{boot: func(nodes.Env) error { return errors.New("the log is corrupt") }},
		&script{boot: func(env nodes.Env) error { env.Halt(errors.New("fsync failed")); return nil }})
	u.Run(time.Second)
	require.Nil(t, u.Violation())
	require.EqualError(t, u.Machine("a").Exit(), "the log is corrupt")
	require.EqualError(t, u.Machine("b").Exit(), "fsync failed")
	require.False(t, u.Machine("b").Up())
}

func TestEnvOutsideOfACallIsRefused(t *testing.T) {
	var kept nodes.Env
	u := New(Config{})
	u.Add("a", func() nodes.Node {
		return &script{boot: func(env nodes.Env) error { kept = env; return nil }}
	}).Start(0)
	u.Run(time.Millisecond)
	require.Panics(t, func() { kept.Send("a", text("late")) })
}

func TestPausedMachineHandlesEverythingLaterAndInOrder(t *testing.T) {
	var u *Universe
	var at []time.Duration
	a := &script{
		boot: func(env nodes.Env) error {
			env.SetTimer(tag("t1"), time.Millisecond)
			env.SetTimer(tag("t2"), 2*time.Millisecond)
			return nil
		},
		fire: func(nodes.Env, nodes.Tag) { at = append(at, u.Now()) },
	}
	u = pair(Config{}, a, &script{})
	var pause *Active
	u.After(time.Microsecond, "pause", func() {
		pause = u.DisturbProcesses("pause", []nodes.ID{"a"}, ProcessFault{Pause: true})
	})
	u.After(time.Second, "resume", func() { pause.End() })
	u.Run(2 * time.Second)
	require.Equal(t, []time.Duration{time.Second, time.Second}, at)
	require.EqualValues(t, 2, pause.Effects())
}

func TestStagesKeepTheirOrderAndAreNotReentrant(t *testing.T) {
	var got []string
	inside := false
	a := &script{
		boot: func(env nodes.Env) error {
			inside = true
			for _, m := range []string{"1", "2", "3", "4", "5"} {
				env.Post(tag("sync"), text(m))
			}
			inside = false
			return nil
		},
		posted: func(_ nodes.Env, _ nodes.Tag, m nodes.Message) {
			require.False(t, inside)
			got = append(got, string(m.(text)))
		},
	}
	u := pair(Config{Seed: 2, Stage: Dist{Mean: time.Millisecond}}, a, &script{})
	u.Run(time.Second)
	require.Equal(t, []string{"1", "2", "3", "4", "5"}, got)
}

func TestDeadlockAndLivelockAreReportedWithReasons(t *testing.T) {
	u := pair(Config{}, &script{}, &script{})
	u.After(0, "client", u.BeginOp)
	u.After(0, "kill", func() { u.Machine("b").Kill(vdisk.LoseNothing) })
	u.After(0, "cut", func() { u.DisturbLinks("isolate(a)", nil, LinkFault{Cut: true}) })
	require.Equal(t, Deadlock, u.Run(time.Hour))
	require.Equal(t, "deadlock", u.Violation().Property)
	require.Contains(t, u.Violation().Detail, "1 operation is open")
	require.Contains(t, u.Violation().Detail, "faults in force: isolate(a)")

	u = New(Config{Net: lan, IdleMax: 1000})
	addEchoes(u)
	u.After(0, "client", u.BeginOp)
	require.Equal(t, Violated, u.Run(time.Hour))
	require.Equal(t, "livelock", u.Violation().Property)
}

func TestMalformedBytesNeverReachANode(t *testing.T) {
	delivered := 0
	a := &script{boot: func(env nodes.Env) error {
		for range 200 {
			env.Send("b", text(""))
		}
		return nil
	}}
	u := pair(Config{Seed: 1, Net: NetConfig{Delay: lan.Delay, CorruptUnseenPPM: million}}, a,
		&script{deliver: func(nodes.Env, nodes.ID, nodes.Message) { delivered++ }})
	u.Run(time.Second)
	require.EqualValues(t, 200, u.Stats().Corrupted)
	require.EqualValues(t, 200, uint64(delivered)+u.Stats().Dropped[DropMalformed])
	require.NotZero(t, u.Stats().Dropped[DropMalformed])
}

func TestFlippedBitsAreNoticedAndTheDatagramIsLost(t *testing.T) {
	delivered := 0
	a := &script{boot: func(env nodes.Env) error {
		for range 200 {
			env.Send("b", text("whole"))
		}
		return nil
	}}
	b := &script{deliver: func(nodes.Env, nodes.ID, nodes.Message) { delivered++ }}
	u := pair(Config{Seed: 1, Net: NetConfig{Delay: lan.Delay, CorruptPPM: million / 2}}, a, b)
	u.Run(time.Second)
	lost := u.Stats().Dropped[DropCorrupt]
	require.EqualValues(t, 200, uint64(delivered)+lost)
	require.InDelta(t, 100, float64(lost), 30)
}
