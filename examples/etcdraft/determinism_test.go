package etcdraft_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/examples/etcdraft"
	"orrery/trace"
)

// fingerprint is what three runs have in common with every other run of their seeds.
func fingerprint() string {
	var hashes []string
	for seed := range uint64(3) {
		hashes = append(hashes, run(stormy(seed), etcdraft.Quirks{}).Hash().String())
	}
	return strings.Join(hashes, " ")
}

// inChild tells this test binary to print the fingerprint.
const inChild = "ETCDRAFT_PRINT_FINGERPRINT"

// TestOneSeedIsOneRunInEveryProcess would fail if any draw of the library's own, from crypto/rand, decided anything.
func TestOneSeedIsOneRunInEveryProcess(t *testing.T) {
	if os.Getenv(inChild) != "" {
		os.Stdout.WriteString("fingerprint: " + fingerprint() + "\n")
		return
	}
	here := fingerprint()
	require.Equal(t, here, fingerprint(), "in one process")
	self, err := os.Executable()
	require.NoError(t, err)
	for _, cores := range []string{"1", "2"} {
		child := exec.Command(self, "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), inChild+"=1", "GOMAXPROCS="+cores)
		out, err := child.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "fingerprint: "+here+"\n", "in another process, GOMAXPROCS="+cores)
	}
}

// discard is a recorder that keeps nothing, but has every event and note made for it.
type discard struct{ notes int }

func (d *discard) Record(e *trace.Event) {
	if e.Kind == trace.Note {
		d.notes++
	}
}

func TestRecordingChangesNothing(t *testing.T) {
	world, d := stormy(1), &discard{}
	plain := run(world, etcdraft.Quirks{}).Hash()
	world.Recorder = d
	require.Equal(t, plain, run(world, etcdraft.Quirks{}).Hash())
	require.NotZero(t, d.notes, "what the library logs is part of the story")
}
