package stage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/lessons/scenes"
	"orrery/lessons/stage"
	"orrery/sim"
)

// start plays lesson 9's wrong variant up to where p1 has asked all acceptors.
func start(t *testing.T, more ...string) *stage.Session {
	scene := scenes.Of(9)
	v, err := scene.Variant(stage.Broken)
	require.NoError(t, err)
	s, err := stage.Play(scene, v, scene.Seed, append([]string{"until 190ms", "take timer propose of p1"}, more...))
	require.NoError(t, err)
	return s
}

// underWay is the event that is listed with these words.
func underWay(t *testing.T, s *stage.Session, what, node string) *stage.Waiting {
	for _, w := range s.View().Pending {
		if w.What == what && string(w.Node) == node {
			return &w
		}
	}
	require.Fail(t, "nothing like that is under way", "%s of %s", what, node)
	return nil
}

func TestTheSameStepsComeToTheSameState(t *testing.T) {
	first := start(t)
	steps := []string{"until 190ms", "take timer propose of p1"}
	for range 12 { // whatever comes, by its id
		w := first.View().Pending[0]
		step := w.Step("take")
		require.NoError(t, first.Do(step))
		steps = append(steps, step)
	}
	scene := scenes.Of(9)
	again, err := stage.Play(scene, &scene.Variants[0], scene.Seed, steps)
	require.NoError(t, err)
	require.Equal(t, first.View(), again.View())
	other, err := stage.Play(scene, &scene.Variants[0], scene.Seed+1, steps[:1])
	require.NoError(t, err)
	require.NotEqual(t, start(t).View().Hash, other.View().Hash)
}

func TestAMessageIsLostDoubledAndDelayed(t *testing.T) {
	s := start(t)
	w := underWay(t, s, "P1a 1.p1", "a1")
	before := len(s.View().Pending)
	require.NoError(t, s.Do(w.Step("double")))
	require.Len(t, s.View().Pending, before+1)
	require.NoError(t, s.Do(w.Step("lose")))
	require.Equal(t, uint64(1), s.Universe().Stats().Dropped[sim.DropOmitted])

	late := underWay(t, s, "P1a 1.p1", "a2")
	due := late.Due
	require.NoError(t, s.Do(late.Step("delay 300ms")))
	require.Equal(t, due+int64(300*time.Millisecond), underWay(t, s, "P1a 1.p1", "a2").Due)
	require.NoError(t, s.Do("until 400ms"))
	underWay(t, s, "P1a 1.p1", "a2")
	require.NoError(t, s.Do("until 900ms"))
	for _, e := range s.Events() {
		if e.Name == "P1a" && e.Node == "a2" && e.Kind.String() == "deliver" {
			return
		}
	}
	require.Fail(t, "what was delayed never came")
}

func TestMachinesCrashPauseAndTheirClocksJump(t *testing.T) {
	s := start(t, "crash a1", "pause a2", "skew a3 -200ms", "cut a3 p1")
	v := s.View()
	require.False(t, v.Machines[0].Up)
	require.True(t, v.Machines[1].Paused)
	require.Equal(t, []string{"a3 p1"}, v.Cuts)
	require.ErrorIs(t, s.Do("take P1a 1.p1 by a2 from p1"), stage.ErrNoStep, "it is paused")
	for _, step := range []string{"start a1", "resume a2", "heal p1 a3"} {
		require.NoError(t, s.Do(step))
	}
	v = s.View()
	require.True(t, v.Machines[0].Up)
	require.Equal(t, uint32(2), v.Machines[0].Life)
	require.False(t, v.Machines[1].Paused)
	require.Empty(t, v.Cuts)
}

func TestAPowerCutTakesWhatWasNotSyncedAndAKillDoesNot(t *testing.T) {
	steps := []string{"take P1a 1.p1 by a1 from p1"}
	size := func(how string) int64 {
		s := start(t, append(steps, how+" a1")...)
		n, err := s.Universe().Machine("a1").Disk().Size("acceptor")
		require.NoError(t, err)
		return n
	}
	require.Zero(t, size("crash"))
	require.Positive(t, size("kill"))
}

func TestStepsThatAreNoneAreRefusedAndNothingHappens(t *testing.T) {
	s := start(t)
	before := s.View()
	for step, says := range map[string]string{
		"":                             "want a step",
		"fly a1":                       `"fly" is no step`,
		"crash":                        "want 1 machines",
		"crash a9":                     "there is no machine a9",
		"crash a1 now":                 "nothing more is wanted",
		"start a1":                     "a1 is up",
		"resume a1":                    "a1 is not paused",
		"heal a1 a2":                   "nothing is cut",
		"cut a1 a1":                    "two machines",
		"until":                        "want a time",
		"until soon":                   "not \"soon\"",
		"until -5ms":                   "want a time such as 50ms",
		"until 1ms":                    "already",
		"take":                         "want the event's id",
		"take this #0123456789abcdef":  "no such event",
		"lose timer election of a1":    "no such event",
		"double timer propose of p2":   "only a message",
		"delay P1a 1.p1 by a1 from p1": "want a time",
	} {
		require.ErrorContains(t, s.Do(step), says, "%q", step)
	}
	require.Equal(t, before, s.View())
}

func TestNothingHappensAfterAViolation(t *testing.T) {
	scene := scenes.Of(9)
	s, err := stage.Play(scene, &scene.Variants[0], scene.Seed, stage.Lines(scene.Demo))
	require.NoError(t, err)
	require.Equal(t, "agreement", s.View().Property)
	require.ErrorIs(t, s.Do("next"), stage.ErrNoStep)
}

func TestPlansAreReadAndOthersRefused(t *testing.T) {
	for text, says := range map[string]string{
		`{"orrery":"repro"}`:             `"orrery": "steps"`,
		`no JSON`:                        `"orrery": "steps"`,
		`{"orrery":"steps","version":2}`: "version is 2",
		`{"orrery":"steps","version":1,"steps":"all"}`: "steps",
		`{"orrery":"steps","version":0}`:               "version is 0",
	} {
		_, err := stage.ReadPlan([]byte(text))
		require.ErrorContains(t, err, says, text)
	}
	p, err := stage.ReadPlan([]byte(`{"orrery":"steps","version":1,"lesson":9,"variant":"wrong"}`))
	require.NoError(t, err)
	_, err = p.Play(scenes.Of(9))
	require.ErrorContains(t, err, `no variant "wrong"`)
}
