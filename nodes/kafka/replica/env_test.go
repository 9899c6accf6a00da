package replica_test

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
)

// env is the machine of a broker in a world.
type env struct{ b *broker }

func (b *broker) env() env { return env{b} }

// halt is what Halt panics with.
type halt struct{ err error }

func (e env) Self() nodes.ID           { return "n" }
func (e env) Now() time.Time           { return start.Add(e.b.w.now) }
func (e env) Monotonic() time.Duration { return e.b.w.now - e.b.booted }
func (e env) Rand() *rand.Rand         { return e.b.rng }
func (e env) SetTimer(tag nodes.Tag, d time.Duration) {
	e.b.timers[tag] = e.b.w.now + d
}
func (e env) StopTimer(tag nodes.Tag)                   { delete(e.b.timers, tag) }
func (e env) Halt(err error)                            { panic(halt{err}) }
func (e env) Disk() nodes.Disk                          { return e.b.machine() }
func (e env) Send(nodes.ID, nodes.Message)              { panic("not used") }
func (e env) Post(nodes.Tag, nodes.Message)             { panic("not used") }
func (e env) Listen(int, nodes.Framing) error           { panic("not used") }
func (e env) Dial(nodes.Addr, nodes.Framing) nodes.Conn { panic("not used") }
func (e env) Write(nodes.Conn, []byte) error            { panic("not used") }
func (e env) Unsent(nodes.Conn) int                     { panic("not used") }
func (e env) Close(nodes.Conn)                          { panic("not used") }
func (e env) Reset(nodes.Conn)                          { panic("not used") }
func (e env) Noting() bool                              { return true }
func (e env) Note(text string)                          { e.b.w.say("%d %s", e.b.id, text) }
func (e env) Mark(k nodes.MarkKind, name string, ok bool) {
	if (k == nodes.MarkAlways && !ok) || k == nodes.MarkUnreachable {
		panic("mark: " + name)
	}
}

// machine is a broker's disk, whose syncs end when the world says so.
type machine struct{ b *broker }

func (b *broker) machine() nodes.Disk { return machine{b} }

func (d machine) ReadFile(n string) ([]byte, error)               { return d.b.disk.ReadFile(n) }
func (d machine) ReadAt(n string, p []byte, o int64) (int, error) { return d.b.disk.ReadAt(n, p, o) }
func (d machine) WriteAt(n string, p []byte, o int64) error {
	if err := d.b.fail; err != nil {
		d.b.fail = nil
		return err
	}
	return d.b.disk.WriteAt(n, p, o)
}
func (d machine) Append(n string, p []byte) error     { return d.b.disk.Append(n, p) }
func (d machine) Truncate(n string, size int64) error { return d.b.disk.Truncate(n, size) }
func (d machine) Size(n string) (int64, error)        { return d.b.disk.Size(n) }
func (d machine) Rename(a, b string) error            { return d.b.disk.Rename(a, b) }
func (d machine) Remove(n string) error               { return d.b.disk.Remove(n) }
func (d machine) List(dir string) ([]string, error)   { return d.b.disk.List(dir) }
func (d machine) Sync(n string, tag nodes.Tag) {
	c, err := d.b.disk.BeginSync(n)
	if err != nil {
		panic(err)
	}
	d.b.syncs = append(d.b.syncs, syncing{tag, c})
}
func (d machine) SyncDir(dir string, tag nodes.Tag) {
	d.b.syncs = append(d.b.syncs, syncing{tag, d.b.disk.BeginSyncDir(dir)})
}
