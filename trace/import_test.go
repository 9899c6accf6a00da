package trace_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/trace"
)

func imported(t *testing.T, lines ...string) *trace.Imported {
	t.Helper()
	found, err := trace.Import(strings.NewReader(strings.Join(lines, "\n")), "x.jsonl")
	require.NoError(t, err)
	return found
}

func TestATraceOfOursIsImportedAsItIsRead(t *testing.T) {
	var b bytes.Buffer
	header := trace.Header{Version: trace.Version, Scenario: "paxos", Seed: 1<<63 + 7, Property: "agreement", Meta: map[string]string{"bug": "x"}}
	require.NoError(t, trace.WriteAll(&b, header, told()))
	h, events, err := trace.ReadAll(bytes.NewReader(b.Bytes()), "x")
	require.NoError(t, err)
	found, err := trace.Import(&b, "x")
	require.NoError(t, err)
	require.Empty(t, found.Warnings)
	require.Equal(t, h, found.Header)
	require.Equal(t, events, found.Events)
}

func TestATraceThatIsCutOffIsShownAsFarAsItGoes(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.WriteAll(&b, trace.Header{}, told()))
	whole := b.Len()
	for _, cut := range []int{whole - 5, whole - 15, whole / 2} {
		found, err := trace.Import(bytes.NewReader(b.Bytes()[:cut]), "x")
		require.NoError(t, err)
		require.NotEmpty(t, found.Events)
		require.Contains(t, strings.Join(found.Warnings, " "), "cut off")
	}
}

func TestATraceOfANewerVersionIsShownWithALineThatSaysSo(t *testing.T) {
	found := imported(t, `{"orrery":"trace","version":9}`,
		`{"seq":1,"t":5,"k":"boot","n":"n1"}`, `{"seq":2,"t":6,"k":"teleport","n":"n1","where":{"x":1}}`, `{"end":2}`)
	require.Len(t, found.Events, 2)
	require.Equal(t, trace.Note, found.Events[1].Kind)
	require.Equal(t, "teleport", found.Events[1].Name)
	said := strings.Join(found.Warnings, "\n")
	require.Contains(t, said, "version 9")
	require.Contains(t, said, "teleport (1)")
}

func TestLogsOfOthersAreReadByTimeMachineAndKind(t *testing.T) {
	found := imported(t,
		`{"ts":"2026-11-22T10:00:00.5Z","host":"a","event":"send","to":"b","mid":7,"name":"ping"}`,
		`{"ts":"2026-11-22T10:00:00.25Z","host":"b","event":"start"}`,
		`no json at all`,
		`{"ts":"2026-11-22T10:00:01Z","host":"b","event":"recv","from":"a","mid":7,"name":"ping"}`,
		`{"ts":"2026-11-22T10:00:02Z","host":"b","event":"elected","text":"leads"}`)
	require.Len(t, found.Events, 4)
	boot, send, got, note := found.Events[0], found.Events[1], found.Events[2], found.Events[3]
	require.Equal(t, trace.Boot, boot.Kind, "they are in the order of their times")
	require.Zero(t, boot.At, "which count from the first")
	require.Equal(t, 250*time.Millisecond, send.At)
	require.Equal(t, []string{"b", "a"}, []string{send.Peer, got.Peer})
	require.Equal(t, send.Seq, got.CauseSeq, "a receipt follows from the send of the same message")
	require.Equal(t, "elected", note.Name)
	require.Contains(t, strings.Join(found.Warnings, " "), "1 of 5 lines")
}

func TestTimesAreReadInTheirUnits(t *testing.T) {
	for line, want := range map[string]time.Duration{
		`"t":1500`:         1500,
		`"time_ms":3`:      3 * time.Millisecond,
		`"ts_us":4`:        4 * time.Microsecond,
		`"at":"1.5s"`:      1500 * time.Millisecond,
		`"timestamp":0.25`: 250 * time.Millisecond,
	} {
		require.Equal(t, want, imported(t, `{`+line+`,"n":"a","k":"boot"}`).Events[0].At, line)
	}
	epoch := imported(t, `{"ts":1790000000000,"n":"a","k":"boot"}`, `{"ts":1790000000040,"n":"a","k":"crash"}`)
	require.Equal(t, 40*time.Millisecond, epoch.Events[1].At, "milliseconds since 1970 are known by their size")
}

func TestWhatIsNoTraceIsRefusedInOneLine(t *testing.T) {
	_, err := trace.Import(strings.NewReader("hello\nworld\n"), "x.txt")
	require.ErrorContains(t, err, "x.txt: want JSON objects")
}
