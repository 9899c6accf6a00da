package dashboard

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// toyBulletin is what a hunt says after so many executions.
func toyBulletin(n uint64) Bulletin {
	return Bulletin{Session: "5", Workers: 2, Budget: "400 executions", Legs: []Leg{{
		Campaign: "toy-1", Scenario: "toy", Strategy: "swarm", Done: n, Until: 400, Executions: n, Events: 100 * n,
		Verdicts: map[string]uint64{"ok": n - 1, "violated": 1},
		Marks:    []Mark{{"toy: agreed", n}, {"toy: gave up", 0}},
		Faults:   []Fault{{Kind: "crash", Bit: 4}, {Kind: "wipe", Skipped: 2}},
	}}}
}

func TestAHuntIsSeenWhileItRunsAndWhenItHasEnded(t *testing.T) {
	s, _, _ := newSite(t)
	p, err := publish(s.Dir, toyBulletin(10), time.Millisecond)
	require.NoError(t, err)
	p.Post(toyBulletin(40))
	require.Eventually(t, func() bool {
		list, wrong := Bulletins(s.Dir)
		require.Empty(t, wrong)
		require.Len(t, list, 1, "there is always a whole one")
		return list[0].Executions() == 40 && len(list[0].Samples) > 3
	}, 10*time.Second, time.Millisecond)
	page := get(s, "/").Body.String()
	for _, says := range []string{`class="hunt live"`, "<b>runs</b>", "○ toy: gave up", "✓ toy: agreed", "○ wipe", "✓ crash", `value="10"`, "<polyline", `class="v violated"`} {
		require.Contains(t, page, says)
	}

	last := toyBulletin(400)
	last.Ending = "the budget is spent"
	require.NoError(t, p.Close(last))
	s.state.at = time.Unix(1, 0)
	page = get(s, "/").Body.String()
	require.Contains(t, page, "ended: the budget is spent")
	require.NotContains(t, page, `class="hunt live"`)
}

func TestAHuntThatSaysNothingForLongWasKilled(t *testing.T) {
	b := toyBulletin(3)
	b.Began, b.Updated = time.Unix(1000, 0), time.Unix(1010, 0)
	require.Contains(t, newHuntView(&b, time.Unix(1020, 0)).How, "runs")
	require.Contains(t, newHuntView(&b, time.Unix(1060, 0)).How, "it was killed")
	b.Doing = "makes a violation of agreement smaller"
	require.Equal(t, b.Doing, newHuntView(&b, time.Unix(1020, 0)).How)
}

func TestThroughputIsThatOfTheLastSeconds(t *testing.T) {
	b := toyBulletin(3)
	for i := range uint64(20) {
		b.Samples = append(b.Samples, Sample{MS: int64(i) * 1000, Executions: 10 + i*i, Events: 100 * i})
	}
	v := newHuntView(&b, time.Now())
	require.EqualValues(t, (19*19-14*14)/5, v.PerSecond)
	require.EqualValues(t, 100, v.Events)
	require.EqualValues(t, 19*19-18*18, v.Most)
	require.Regexp(t, `240,1$`, v.Line, "the best second is at the top, and the last at the right")
}

func TestAHuntTakesAwayWhatDeadHuntsHaveLeft(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, bulletins)
	ended, err := publish(dir, Bulletin{Session: "1"}, time.Hour)
	require.NoError(t, err)
	require.NoError(t, ended.Close(Bulletin{Session: "1", Ending: "interrupted"}))
	killed := filepath.Join(at, "2.json")
	require.NoError(t, os.WriteFile(killed, []byte("{"), 0o600))
	require.NoError(t, os.Chtimes(killed, time.Unix(1000, 0), time.Unix(1000, 0)))
	other, err := publish(dir, Bulletin{Session: "3"}, time.Hour)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(at, "1.json"))
	require.NoFileExists(t, killed)
	third, err := publish(dir, Bulletin{Session: "4"}, time.Hour)
	require.NoError(t, err)
	list, _ := Bulletins(dir)
	require.Len(t, list, 2, "one that runs is left alone")
	require.NoError(t, other.Close(Bulletin{Session: "3"}))
	require.NoError(t, third.Close(Bulletin{Session: "4"}))
}

func TestABulletinThatCannotBeWrittenIsAnErrorInTheEndAndNotBefore(t *testing.T) {
	dir := t.TempDir()
	p, err := publish(dir, Bulletin{Session: "1"}, time.Millisecond)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, bulletins)))
	p.Post(Bulletin{Session: "1"})
	require.Error(t, p.Close(Bulletin{Session: "1"}))
}

// What a hunt pays for each execution, which takes milliseconds.
func BenchmarkAnExecutionThatIsNotDue(b *testing.B) {
	p, err := publish(b.TempDir(), toyBulletin(1), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	p.Post(toyBulletin(2))
	for b.Loop() {
		if p.Due() {
			b.Fatal("an hour cannot have passed")
		}
	}
	if err := p.Close(toyBulletin(3)); err != nil {
		b.Fatal(err)
	}
}
