package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/nodestest"
)

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x03abc\x00\x00\x00\x00"), 10)
	f.Add([]byte("\x00\x00\x00\x0bhello world"), 10)
	f.Add([]byte("\xff\xff\xff\xff"), nodes.DefaultMaxFrame)
	f.Add([]byte("\x00\x00"), 10)
	f.Fuzz(func(t *testing.T, stream []byte, limit int) {
		limit = max(limit, 0)
		r := bytes.NewReader(stream)
		var again []byte
		for {
			before := r.Len()
			p, err := readFrame(r, limit)
			if err == nil {
				require.LessOrEqual(t, len(p), limit)
				again = append(appendHeader(again, len(p)), p...)
				continue
			}
			switch {
			case err == io.EOF:
				require.Zero(t, before)
			case errors.Is(err, nodes.ErrFrame):
				require.Equal(t, headerSize, before-r.Len(), "only the length was read")
			default:
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			}
			require.True(t, bytes.HasPrefix(stream, again), "the frames are the stream")
			return
		}
	})
}

func FuzzParseHello(f *testing.F) {
	f.Add(hello{protocolVersion, "n1", "n2"}.append(nil))
	f.Add([]byte("orrery\x01\xff"))
	f.Add([]byte("orrery\x02"))
	f.Fuzz(func(t *testing.T, p []byte) {
		h, err := parseHello(p)
		if err == nil {
			require.Equal(t, p, h.append(nil), "what is understood is what was said")
		}
	})
}

func TestHelloPassesWithTheLongestNames(t *testing.T) {
	long := nodes.ID(bytes.Repeat([]byte("n"), maxID))
	h := hello{protocolVersion, long, long}
	got, err := parseHello(h.append(nil))
	require.NoError(t, err)
	require.Equal(t, h, got)
	require.LessOrEqual(t, len(h.append(nil)), maxHello)
}

func TestALengthAloneTakesNoMemory(t *testing.T) {
	stream := append(appendHeader(nil, nodes.DefaultMaxFrame), make([]byte, 1000)...)
	var before, behind runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readFrame(bytes.NewReader(stream), nodes.DefaultMaxFrame)
	runtime.ReadMemStats(&behind)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, behind.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestALongFrameArrivesInSmallParts(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), 100_000)
	stream := append(appendHeader(nil, len(want)), want...)
	got, err := readFrame(iotest.HalfReader(bytes.NewReader(stream)), len(want))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestBackoffDoublesWithJitterUpToItsMaximum(t *testing.T) {
	b := backoff{min: 10 * time.Millisecond, max: 100 * time.Millisecond}
	for _, want := range []time.Duration{10, 20, 40, 80, 100, 100} {
		want *= time.Millisecond
		got := b.pause()
		require.LessOrEqual(t, got, want)
		require.GreaterOrEqual(t, got, want/2)
	}
	b.reset()
	require.LessOrEqual(t, b.pause(), 10*time.Millisecond)
}

func TestAnOutboxIsBoundedInBytesToo(t *testing.T) {
	o := newOutbox(1000)
	frame := make([]byte, limitBytes/4)
	for range 4 {
		require.Zero(t, o.put(frame))
	}
	require.Equal(t, 3, o.put(make([]byte, limitBytes*3/4-1)), "as many old ones as the new one needs")
	require.Equal(t, limitBytes-1, o.waiting())
	require.Equal(t, 2, o.put(make([]byte, 2*limitBytes)), "a single one may be longer")
}

// idleProcess is a process whose loop a test is.
func idleProcess(t *testing.T) *Process {
	cfg := Config{ID: "n1", Dir: filepath.Join(t.TempDir(), "n1"), Logger: slog.New(slog.DiscardHandler)}
	dir, err := openDataDir(cfg.Dir, cfg.ID)
	require.NoError(t, err)
	p := newProcess(cfg.withDefaults(), &syncCounter{}, dir, nil)
	t.Cleanup(func() {
		p.workers.Wait()
		p.disk.close()
		dir.close()
	})
	return p
}

// syncCounter hears the ends of syncs.
type syncCounter struct {
	nodestest.Echo
	ends []error
}

func (s *syncCounter) Synced(_ nodes.Env, _ nodes.Tag, err error) { s.ends = append(s.ends, err) }

// runUntil lets the loop work until n syncs have ended.
func runUntil(p *Process, n int) []error {
	s := p.node.(*syncCounter)
	for len(s.ends) < n {
		if e := p.inbox.take(); e != nil {
			e()
		} else {
			<-p.inbox.bell
		}
	}
	return s.ends
}

func TestSyncsAskedForWhileOneRunsShareTheNext(t *testing.T) {
	p := idleProcess(t)
	f, err := p.disk.open("f", true)
	require.NoError(t, err)
	runs, goOn := 0, make(chan bool)
	f.sync.run = func() error {
		<-goOn
		runs++
		return nil
	}
	for n := range uint64(10) {
		p.disk.syncFile("f", nodes.Tag{Name: "sync", N: n})
	}
	close(goOn)
	require.Equal(t, make([]error, 10), runUntil(p, 10))
	require.Equal(t, 2, runs, "the first alone, the other nine together")
}

func TestASyncThatFailedStaysFailed(t *testing.T) {
	p := idleProcess(t)
	f, err := p.disk.open("f", true)
	require.NoError(t, err)
	results := []error{&os.PathError{Op: "sync", Path: "f", Err: syscall.EIO}, nil}
	f.sync.run = func() error {
		r := results[0]
		results = results[1:]
		return r
	}
	for n := range 2 {
		require.NoError(t, p.disk.writeAt(f, []byte("x"), 0))
		p.disk.syncFile("f", nodes.Tag{Name: "sync"})
		require.ErrorIs(t, runUntil(p, n+1)[n], nodes.ErrIO)
	}
	require.Zero(t, f.durable)
}

func TestOpenFilesAreBoundedButForThoseWithUnsyncedWrites(t *testing.T) {
	p := idleProcess(t)
	write := func(prefix string, n int) {
		for i := range n {
			f, err := p.disk.open(fmt.Sprintf("%s/%d", prefix, i), true)
			require.NoError(t, err)
			require.NoError(t, p.disk.appendTo(f, []byte(prefix)))
		}
	}
	write("unsynced", 2*maxOpen)
	require.Len(t, p.disk.files, 2*maxOpen)
	for i := range 2 * maxOpen {
		p.disk.syncFile(fmt.Sprintf("unsynced/%d", i), nodes.Tag{Name: "sync"})
	}
	runUntil(p, 2*maxOpen)
	for i := range 2 * maxOpen {
		name := fmt.Sprintf("read/%d", i)
		f, err := p.disk.open(name, true)
		require.NoError(t, err)
		require.Zero(t, f.size)
	}
	require.Len(t, p.disk.files, 2*maxOpen, "each that is opened takes the place of one that is not needed")
	f, err := p.disk.open("unsynced/0", false)
	require.NoError(t, err)
	require.Equal(t, int64(len("unsynced")), f.size)
}

func TestAFileThatIsReplacedDuringItsSyncIsClosedAfterIt(t *testing.T) {
	p := idleProcess(t)
	old, err := p.disk.open("f", true)
	require.NoError(t, err)
	goOn := make(chan bool)
	old.sync.run = func() error { <-goOn; return old.f.Sync() }
	p.disk.syncFile("f", nodes.Tag{Name: "sync"})
	_, err = p.disk.open("new", true)
	require.NoError(t, err)
	require.NoError(t, p.disk.rename("new", "f"))
	close(goOn)
	require.Equal(t, []error{nil}, runUntil(p, 1))
	require.ErrorIs(t, old.f.Close(), os.ErrClosed)
	require.Empty(t, p.disk.stray)
}

func TestAnAppendThatFailsLeavesNothing(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	require.NoError(t, err)
	defer full.Close()
	p := idleProcess(t)
	f := &file{f: full, size: 7}
	require.ErrorIs(t, p.disk.appendTo(f, []byte("record")), nodes.ErrNoSpace)
	require.Equal(t, int64(7), f.size)
}
