package log_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// disk is a nodes.Disk whose syncs end when the test says so, and which dies at a chosen change.
type disk struct {
	*vdisk.Disk
	syncs   []syncing
	changes int   // left until the process dies; negative for never
	fail    error // of the next write, once
	syncErr error
}

type syncing struct {
	tag nodes.Tag
	c   vdisk.Capture
}

// killed is what a process that dies panics with.
var killed = errors.New("killed")

func newDisk() *disk { return &disk{Disk: vdisk.New(vdisk.Config{}), changes: -1} }

func (d *disk) change() {
	if d.changes == 0 {
		panic(killed)
	}
	d.changes--
}

func (d *disk) WriteAt(name string, p []byte, off int64) error {
	d.change()
	if err := d.fail; err != nil {
		d.fail = nil
		return err
	}
	return d.Disk.WriteAt(name, p, off)
}

func (d *disk) Append(name string, p []byte) error {
	d.change()
	return d.Disk.Append(name, p)
}

func (d *disk) Truncate(name string, size int64) error {
	d.change()
	return d.Disk.Truncate(name, size)
}

func (d *disk) Rename(a, b string) error {
	d.change()
	return d.Disk.Rename(a, b)
}

func (d *disk) Remove(name string) error {
	if _, err := d.Size(name); err == nil {
		d.change()
	}
	return d.Disk.Remove(name)
}

func (d *disk) Sync(name string, tag nodes.Tag) {
	c, err := d.BeginSync(name)
	if err != nil {
		panic(err)
	}
	d.syncs = append(d.syncs, syncing{tag, c})
}

func (d *disk) SyncDir(dir string, tag nodes.Tag) {
	d.syncs = append(d.syncs, syncing{tag, d.BeginSyncDir(dir)})
}

// end ends the i-th sync that is under way.
func (d *disk) end(m *log.Manager, i int) error {
	y := d.syncs[i]
	d.syncs = append(d.syncs[:i:i], d.syncs[i+1:]...)
	d.EndSync(y.c)
	return m.Synced(d, y.tag, nil)
}

// settle ends all syncs, oldest first, and returns what has come to pass.
func (d *disk) settle(t require.TestingT, m *log.Manager) string {
	for len(d.syncs) > 0 {
		require.NoError(t, d.end(m, 0))
	}
	var out []string
	for _, e := range m.Events() {
		out = append(out, fmt.Sprintf("%v %v %d", e.Kind, e.Partition, e.Offset))
	}
	return strings.Join(out, "; ")
}

// crash takes the machine down; the disk that is left is the machine's when it starts again.
func (d *disk) crash(mode vdisk.CrashMode, draw func(n uint64) uint64) {
	d.Crash(mode, draw)
	d.syncs, d.changes, d.fail = nil, -1, nil
}

// lose draws the harshest outcome of everything.
func lose(n uint64) uint64 { return n - 1 }

var epoch = time.UnixMilli(1_000_000).UTC()

func at(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

var tp = log.TopicPartition{Topic: "t", Partition: 0}

// plain is a batch of records whose keys and values are given as "k=v"; "k" alone is a tombstone.
func plain(ms int, kvs ...string) record.Batch { return with(record.Fields{}, ms, kvs...) }

func with(f record.Fields, ms int, kvs ...string) record.Batch {
	var w record.Builder
	w.Reset(f)
	for _, kv := range kvs {
		k, v, ok := strings.Cut(kv, "=")
		value := []byte(v)
		if !ok {
			value = nil
		}
		w.Add(at(ms).UnixMilli(), []byte(k), value)
	}
	return w.Batch()
}

// from is a producer's batch.
func from(id int64, epoch int16, seq int32, txn bool, ms int, kvs ...string) record.Batch {
	return with(record.Fields{Idempotent: true, ProducerID: id, ProducerEpoch: epoch, BaseSequence: seq, Transactional: txn}, ms, kvs...)
}

func marker(id int64, epoch int16, kind record.ControlType, coord int32, ms int) []byte {
	return record.Marker{ProducerID: id, ProducerEpoch: epoch, Type: kind, CoordinatorEpoch: coord}.Append(nil, at(ms).UnixMilli())
}

// broker is a manager and its disk.
type broker struct {
	*log.Manager
	d   *disk
	opt log.Options
}

func open(t require.TestingT, d *disk, o log.Options) (*broker, log.Report) {
	m, r, err := log.Open(d, epoch, o)
	require.NoError(t, err)
	return &broker{m, d, o}, r
}

// fresh is a broker with one empty, durable partition.
func fresh(t require.TestingT, c log.Config, q log.Quirks) (*broker, *log.Log) {
	b, _ := open(t, newDisk(), log.Options{Config: func(log.TopicPartition) log.Config { return c }, Quirks: q})
	l, err := b.Create(b.d, epoch, tp)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	return b, l
}

// again opens the directory once more after a crash.
func (b *broker) again(t require.TestingT, mode vdisk.CrashMode) (*log.Log, log.Report) {
	b.d.crash(mode, lose)
	n, r := open(t, b.d, b.opt)
	*b = *n
	return b.Log(tp), r
}

// lead appends as a leader and returns the first offset.
func (b *broker) lead(t require.TestingT, l *log.Log, ms int, p []byte, epoch int32) int64 {
	who := log.Client
	if record.Batch(p).Control() {
		who = log.Coordinator
	}
	a, err := l.AppendAsLeader(b.d, at(ms), p, epoch, who, 0)
	require.NoError(t, err)
	return a.First
}

// dump says which records a read from an offset returns: "offset:key=value", markers as "offset!commit".
func (b *broker) dump(t require.TestingT, l *log.Log, offset int64, iso log.Isolation) string {
	var out []string
	for offset < l.EndOffset() {
		f, err := l.Read(b.d, nil, offset, 1000, true, iso)
		require.NoError(t, err)
		if len(f.Records) == 0 {
			break
		}
		out = append(out, records(t, f.Records, offset)...)
		for p := f.Records; len(p) > 0; {
			var x record.Batch
			x, p, _ = record.Next(p)
			offset = x.NextOffset()
		}
	}
	return strings.Join(out, " ")
}

func records(t require.TestingT, p []byte, offset int64) (out []string) {
	var r record.Reader
	for len(p) > 0 {
		x, rest, err := record.Next(p)
		require.NoError(t, err)
		p = rest
		if x.Control() {
			m, err := r.Control(x)
			require.NoError(t, err)
			out = append(out, fmt.Sprintf("%d!%v", x.BaseOffset(), m.Type))
			continue
		}
		require.NoError(t, r.Reset(x))
		var rec record.Record
		for r.Next(&rec) {
			if rec.Offset < offset {
				continue
			}
			s := fmt.Sprintf("%d:%s", rec.Offset, rec.Key)
			if rec.Value != nil {
				s += "=" + string(rec.Value)
			}
			out = append(out, s)
		}
		require.NoError(t, r.Err())
	}
	return out
}
