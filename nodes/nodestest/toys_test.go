package nodestest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

func FuzzCodecReadsWhatItWroteAndNothingElse(f *testing.F) {
	for _, m := range []nodes.Message{Ping{1}, Pong{2}, Add{3}, Sum{4, 5}, text("blob"), garbage{}} {
		f.Add(Codec().Append(nil, m))
	}
	f.Add([]byte{kindSum, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		if m, err := Codec().Decode(p); err == nil {
			require.Equal(t, p, Codec().Append(nil, m))
		}
	})
}

// page is a disk of one file, whose syncs end when the test says so.
type page struct {
	nodes.Disk
	file  []byte
	syncs []nodes.Tag
}

func (d *page) ReadFile(string) ([]byte, error) {
	if d.file == nil {
		return nil, nodes.ErrNotExist
	}
	return bytes.Clone(d.file), nil
}

func (d *page) WriteAt(_ string, p []byte, off int64) error {
	if n := int(off) + len(p); n > len(d.file) {
		d.file = append(d.file, make([]byte, n-len(d.file))...)
	}
	copy(d.file[off:], p)
	return nil
}

func (d *page) Sync(_ string, tag nodes.Tag)    { d.syncs = append(d.syncs, tag) }
func (d *page) SyncDir(_ string, tag nodes.Tag) { d.syncs = append(d.syncs, tag) }

// desk is a machine with such a disk.
type desk struct {
	nodes.Env
	disk page
	sent []nodes.Message
}

func (e *desk) Disk() nodes.Disk                 { return &e.disk }
func (e *desk) Send(_ nodes.ID, m nodes.Message) { e.sent = append(e.sent, m) }

// sync ends all syncs under way.
func (e *desk) sync(n nodes.Node) {
	for ended := e.disk.syncs; len(ended) > 0; ended = ended[1:] {
		e.disk.syncs = e.disk.syncs[1:]
		n.Synced(e, ended[0], nil)
	}
}

func TestACounterTellsOnlyWhatIsDurable(t *testing.T) {
	e, c := &desk{}, &Counter{}
	require.NoError(t, c.Boot(e))
	c.Deliver(e, "c1", Add{7})
	require.Empty(t, e.sent, "its own name is not durable yet")
	e.sync(c)
	require.Empty(t, e.sent)
	c.Deliver(e, "c2", Add{8})
	c.Deliver(e, "c3", Add{9})
	e.sync(c)
	require.Equal(t, []nodes.Message{Sum{7, 1}}, e.sent)
	e.sync(c)
	require.Equal(t, []nodes.Message{Sum{7, 1}, Sum{8, 2}, Sum{9, 3}}, e.sent)
}

func TestACounterSurvivesATornWrite(t *testing.T) {
	e, c := &desk{}, &Counter{}
	require.NoError(t, c.Boot(e))
	e.sync(c)
	var told uint64
	for n := range uint64(10) {
		before := bytes.Clone(e.disk.file)
		c.Deliver(e, "c1", Add{n})
		for cut := range slotSize { // the write that is under way, torn anywhere
			torn := bytes.Clone(e.disk.file)
			for slot := 0; slot < len(torn); slot += sector {
				if end := slot + slotSize; end <= len(before) {
					copy(torn[slot+cut:end], before[slot+cut:end])
				} else {
					clear(torn[slot+cut : end])
				}
			}
			restarted := &Counter{}
			require.NoError(t, restarted.Boot(&desk{disk: page{file: torn}}))
			require.GreaterOrEqual(t, restarted.count, told, "cut at %d", cut)
			require.LessOrEqual(t, restarted.count, told+1)
		}
		e.sync(c)
		told = e.sent[len(e.sent)-1].(Sum).Value
		require.Equal(t, n+1, told)
	}
}

func TestAHastyCounterTellsTooEarly(t *testing.T) {
	e, c := &desk{}, &Counter{TellBeforeSync: true}
	require.NoError(t, c.Boot(e))
	e.sync(c)
	c.Deliver(e, "c1", Add{7})
	require.Equal(t, []nodes.Message{Sum{7, 1}}, e.sent)
	e.sync(c)
	require.Len(t, e.sent, 1, "once")
}
