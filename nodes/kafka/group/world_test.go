package group_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// machine is what a coordinator sees of its machine: a clock that is set forward, timers and randomness.
type machine struct {
	nodes.Env
	t      require.TestingT
	at     time.Duration
	timers map[nodes.Tag]time.Duration
	rng    *rand.Rand
	marks  map[string]bool
	notes  []string
}

// epoch is the wall clock's beginning.
var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newMachine(t require.TestingT) *machine {
	return &machine{t: t, at: time.Second, timers: map[nodes.Tag]time.Duration{}, rng: rand.New(rand.NewPCG(1, 2)), marks: map[string]bool{}}
}

func (m *machine) Self() nodes.ID                          { return "b1" }
func (m *machine) Now() time.Time                          { return epoch.Add(m.at) }
func (m *machine) Monotonic() time.Duration                { return m.at }
func (m *machine) Rand() *rand.Rand                        { return m.rng }
func (m *machine) SetTimer(tag nodes.Tag, d time.Duration) { m.timers[tag] = m.at + d }
func (m *machine) StopTimer(tag nodes.Tag)                 { delete(m.timers, tag) }
func (m *machine) Noting() bool                            { return true }
func (m *machine) Note(s string)                           { m.notes = append(m.notes, s) }
func (m *machine) Mark(k nodes.MarkKind, name string, h bool) {
	if k == nodes.MarkAlways {
		require.True(m.t, h, name)
	}
	m.marks[name] = m.marks[name] || h
}

// due is the timer that comes next, by its time and then its name.
func (m *machine) due(until time.Duration) (tag nodes.Tag, ok bool) {
	for t, at := range m.timers {
		if at > until {
			continue
		}
		if !ok || at < m.timers[tag] || at == m.timers[tag] && t.String() < tag.String() {
			tag, ok = t, true
		}
	}
	return tag, ok
}

// partition is the log of a partition of __consumer_offsets, which outlives its coordinators.
type partition struct {
	batches []record.Batch
	end, hw int64
	epoch   int32
	leads   bool
}

// appending is an append whose end nobody has told yet.
type appending struct {
	call   uint64
	p      *partition
	offset int64
	next   int64 // behind the batch
}

// world is a coordinator with its log. While held nothing is replicated.
type world struct {
	*machine
	t       require.TestingT
	cfg     group.Config
	c       *group.Coordinator
	parts   map[int32]*partition
	flying  []appending
	held    bool
	refusal proto.Code // of every append, if it is one
	calls   uint64
	answers map[uint64]kmsg.Response
	said    []group.Event // since it was last asked
}

func newWorld(t require.TestingT, cfg group.Config) *world {
	w := &world{machine: newMachine(t), t: t, cfg: cfg, parts: map[int32]*partition{}, answers: map[uint64]kmsg.Response{}}
	if w.cfg.Partitions == 0 {
		w.cfg.Partitions = 1
	}
	for n := range w.cfg.Partitions {
		w.parts[n] = &partition{}
	}
	w.start()
	return w
}

// start elects a coordinator that knows nothing yet, and lets it load.
func (w *world) start() {
	w.c = group.New(w.cfg, journal{w})
	w.c.Start(w.machine)
	for n := range w.cfg.Partitions {
		p := w.parts[n]
		p.epoch++
		p.leads = true
		w.c.Elected(w.machine, n, p.epoch)
	}
	w.settle()
}

// failover lets another broker take over: what was not replicated is lost, and who waited is told.
func (w *world) failover() {
	w.resign()
	w.start()
}

// resign takes the leadership away.
func (w *world) resign() {
	for n := range w.cfg.Partitions {
		p := w.parts[n]
		p.leads = false
		for p.end > p.hw {
			last := p.batches[len(p.batches)-1]
			p.batches, p.end = p.batches[:len(p.batches)-1], last.BaseOffset()
		}
		w.c.Resigned(w.machine, n, p.epoch+1)
	}
	w.flying = nil
	w.settle()
	w.timers = map[nodes.Tag]time.Duration{}
}

// journal is the world as a coordinator sees its log.
type journal struct{ w *world }

func (j journal) Append(_ nodes.Env, n int32, batch []byte, _ time.Duration) uint64 {
	w := j.w
	w.calls++
	b, rest, err := record.Next(slices.Clone(batch))
	require.NoError(w.t, err)
	require.Empty(w.t, rest)
	require.NoError(w.t, b.Check())
	p := w.parts[n]
	b.Assign(p.end, p.epoch)
	if w.refusal == proto.None || w.refusal == proto.NotEnoughReplicasAfterAppend || w.refusal == proto.RequestTimedOut {
		p.batches, p.end = append(p.batches, b), b.NextOffset()
	}
	w.flying = append(w.flying, appending{w.calls, p, b.BaseOffset(), b.NextOffset()})
	return w.calls
}

func (j journal) Read(_ nodes.Env, n int32, offset int64, maxBytes int) (log.Fetched, error) {
	p := j.w.parts[n]
	f := log.Fetched{HighWatermark: p.hw, End: p.end}
	for _, b := range p.batches {
		if b.NextOffset() > offset && b.NextOffset() <= p.hw && (len(f.Records) == 0 || len(f.Records)+len(b) <= maxBytes) {
			f.Records = append(f.Records, b...)
		}
	}
	return f, nil
}

func (j journal) LeaderEpoch(n int32) (int32, bool) { return j.w.parts[n].epoch, j.w.parts[n].leads }

// replicate moves the high watermark to the end, and tells whose append that ends.
func (w *world) replicate() {
	for n := range w.cfg.Partitions {
		w.parts[n].hw = w.parts[n].end
	}
	flying := w.flying
	w.flying = nil
	for _, a := range flying {
		w.c.Appended(w.machine, a.call, a.offset, w.refusal)
	}
}

// mark writes a transaction's marker.
func (w *world) mark(n int32, producer int64, commit bool) {
	kind := record.Abort
	if commit {
		kind = record.Commit
	}
	p := w.parts[n]
	b, _, err := record.Next(record.Marker{ProducerID: producer, Type: kind}.Append(nil, w.Now().UnixMilli()))
	require.NoError(w.t, err)
	b.Assign(p.end, p.epoch)
	p.batches, p.end = append(p.batches, b), b.NextOffset()
	w.replicate()
	w.c.MarkerWritten(w.machine, n, producer, 0, commit)
	w.settle()
}

// compact keeps the last record of each key, as the cleaner does: it goes up to the first open transaction, and aborted records
// displace nothing. A producer has one transaction here.
func (w *world) compact(n int32) {
	p := w.parts[n]
	ended := map[int64]record.ControlType{}
	var rd record.Reader
	for _, b := range p.batches {
		if b.Control() {
			m, err := rd.Control(b)
			require.NoError(w.t, err)
			ended[b.ProducerID()] = m.Type
		}
	}
	dirty := slices.IndexFunc(p.batches, func(b record.Batch) bool {
		_, ok := ended[b.ProducerID()]
		return b.Transactional() && !ok
	})
	if dirty < 0 {
		dirty = len(p.batches)
	}
	aborted := func(b record.Batch) bool {
		kind, ok := ended[b.ProducerID()]
		return b.Transactional() && ok && kind == record.Abort
	}
	last := map[string]int64{}
	eachRecord(w.t, p.batches[:dirty], func(b record.Batch, r *record.Record) {
		if !aborted(b) {
			last[string(r.Key)] = r.Offset
		}
	})
	var f record.Builder
	var out []record.Batch
	for _, b := range p.batches[:dirty] {
		if b.Control() {
			out = append(out, b)
			continue
		}
		x, _, err := f.Filter(nil, &rd, b, nil, func(r *record.Record) bool { return last[string(r.Key)] == r.Offset })
		require.NoError(w.t, err)
		out = append(out, x)
	}
	p.batches = append(out, p.batches[dirty:]...)
}

func eachRecord(t require.TestingT, bs []record.Batch, f func(record.Batch, *record.Record)) {
	for _, b := range bs {
		var rd record.Reader
		if b.Control() {
			continue
		}
		require.NoError(t, rd.Reset(b))
		var r record.Record
		for rd.Next(&r) {
			f(b, &r)
		}
	}
}

// settle lets everything happen that needs no time.
func (w *world) settle() {
	for {
		for {
			e, ok := w.c.Take()
			if !ok {
				break
			}
			w.said = append(w.said, e)
			if d, ok := e.(group.Done); ok {
				_, twice := w.answers[d.Call]
				require.False(w.t, twice, "answered twice")
				w.answers[d.Call] = d.Response
			}
		}
		if len(w.flying) > 0 && !w.held {
			w.replicate()
			continue
		}
		tag, ok := w.due(w.at)
		if !ok {
			return
		}
		w.fire(tag)
	}
}

func (w *world) fire(tag nodes.Tag) {
	delete(w.timers, tag)
	require.True(w.t, w.c.Fire(w.machine, tag))
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	until := w.at + d
	for {
		tag, ok := w.due(until)
		if !ok {
			break
		}
		w.at = max(w.at, w.timers[tag])
		w.fire(tag)
		w.settle()
	}
	w.at = until
	w.settle()
}

// ask sends a request, and returns its call.
func (w *world) ask(r kmsg.Request) uint64 {
	w.calls++
	call := w.calls
	require.True(w.t, w.c.Handle(w.machine, call, group.Peer{ClientID: "app", Host: "/10.0.0.1"}, r))
	w.settle()
	return call
}

// view is the state of the coordinator.
func (w *world) view() group.View { return w.c.Inspect().(group.View) }

// group is one group of it, nil if there is none.
func (w *world) group(id string) *group.GroupView {
	for _, p := range w.view().Partitions {
		for i := range p.Groups {
			if p.Groups[i].Group == id {
				return &p.Groups[i]
			}
		}
	}
	return nil
}
