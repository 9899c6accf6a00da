package vdisk_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/sim/vdisk"
)

// machine drives a disk and its model together.
type machine struct {
	disk   *vdisk.Disk
	model  *model
	flying []capture
}

var fileNames = rapid.SampledFrom([]string{"a", "b", "c"})

func newMachine() *machine {
	return &machine{disk: vdisk.New(vdisk.Config{SectorSize: sector}), model: newModel()}
}

func (m *machine) Append(t *rapid.T) {
	name, p := fileNames.Draw(t, "name"), bytesOf(t)
	require.NoError(t, m.disk.Append(name, p))
	m.model.writeAt(name, p, len(m.model.open(name).content))
}

func (m *machine) WriteAt(t *rapid.T) {
	name, p, off := fileNames.Draw(t, "name"), bytesOf(t), rapid.IntRange(0, 40).Draw(t, "off")
	require.NoError(t, m.disk.WriteAt(name, p, int64(off)))
	m.model.writeAt(name, p, off)
}

func (m *machine) Truncate(t *rapid.T) {
	name, size := fileNames.Draw(t, "name"), rapid.IntRange(0, 40).Draw(t, "size")
	err := m.disk.Truncate(name, int64(size))
	require.Equal(t, m.model.names[name] == nil, err != nil)
	m.model.truncate(name, size)
}

func (m *machine) Rename(t *rapid.T) {
	from, to := fileNames.Draw(t, "from"), fileNames.Draw(t, "to")
	err := m.disk.Rename(from, to)
	require.Equal(t, m.model.names[from] == nil, err != nil)
	m.model.rename(from, to)
}

func (m *machine) Remove(t *rapid.T) {
	name := fileNames.Draw(t, "name")
	err := m.disk.Remove(name)
	require.Equal(t, m.model.names[name] == nil, err != nil)
	m.model.remove(name)
}

func (m *machine) BeginSync(t *rapid.T) {
	name := fileNames.Draw(t, "name")
	c, err := m.disk.BeginSync(name)
	f := m.model.names[name]
	require.Equal(t, f == nil, err != nil)
	if f != nil {
		m.fly(f, c)
	}
}

func (m *machine) BeginSyncDir(*rapid.T) { m.fly(nil, m.disk.BeginSyncDir("")) }

func (m *machine) fly(f *file, c vdisk.Capture) {
	k := m.model.begin(f)
	k.disk = c
	m.flying = append(m.flying, k)
}

// EndSync ends any of the syncs in flight: their order is free.
func (m *machine) EndSync(t *rapid.T) {
	if len(m.flying) == 0 {
		t.Skip("nothing in flight")
	}
	i := rapid.IntRange(0, len(m.flying)-1).Draw(t, "sync")
	m.disk.EndSync(m.flying[i].disk)
	m.model.end(m.flying[i])
	m.flying = slices.Delete(m.flying, i, i+1)
}

func (m *machine) Fold(*rapid.T) { m.disk.Fold() }

// Clone goes on with a copy, and ruins the original.
func (m *machine) Clone(*rapid.T) {
	old := m.disk
	m.disk = old.Clone()
	_ = old.WriteAt("a", []byte("ruin"), 0)
	_ = old.Remove("b")
	for _, c := range m.flying {
		old.EndSync(c.disk)
	}
	old.Crash(vdisk.LoseUnsynced, benign)
}

// check compares what the machine reads with the model, and the disk with itself.
func (m *machine) check(t *rapid.T) {
	want, used := image{}, int64(0)
	for name, f := range m.model.names {
		want[name] = string(f.content)
		used += int64(len(f.content))
		size, ok := m.disk.Durable(name)
		require.True(t, ok)
		require.EqualValues(t, len(f.durable), size)
		through := m.model.durable[name] == f && len(m.model.tables) == 0 && len(f.states) == 0
		if through {
			require.True(t, m.disk.DurableThrough(name, int64(len(f.content))), "all of %s is durable", name)
		}
	}
	require.Equal(t, want, read(m.disk))
	require.Equal(t, used, m.disk.Used())
	m.crashClone(t)
}

// crashClone crashes a copy of the disk in some way, and looks at what is left.
func (m *machine) crashClone(t *rapid.T) {
	mode := vdisk.CrashMode(rapid.IntRange(0, int(vdisk.Torn)).Draw(t, "mode"))
	seed := rapid.Uint64Range(0, 9).Draw(t, "seed")
	draw := benign
	if seed > 0 {
		draw = drawer(seed)
	}
	d := m.disk.Clone()
	var told vdisk.Loss
	loss := d.CrashTold(mode, draw, func(h vdisk.Damage) {
		require.NotZero(t, h.Bytes+h.Torn)
		require.Contains(t, m.model.names, h.File)
		told.Bytes, told.Torn = told.Bytes+h.Bytes, told.Torn+h.Torn
	})
	require.Equal(t, loss.Bytes, told.Bytes, "file by file it is the same")
	require.LessOrEqual(t, told.Torn, loss.Torn, "a file without a name can be torn, too")
	got := read(d)
	if mode == vdisk.LoseNothing || mode != vdisk.LoseUnsynced && seed == 0 {
		require.Equal(t, m.model.at(m.model.seq), got, "%v with benign draws loses nothing", mode)
		require.Zero(t, loss)
	}
	switch mode {
	case vdisk.LoseUnsynced:
		require.Equal(t, m.model.at(0), got, "the state of the last completed syncs")
	case vdisk.LoseSuffix:
		m.requireSomeMoment(t, got)
	case vdisk.LoseSubset, vdisk.Torn:
		m.requireAllowed(t, mode, got)
	}
	if !maps.Equal(got, read(m.disk)) {
		require.NotZero(t, loss.Bytes+loss.Names, "what is missing is counted")
	}
	if mode == vdisk.LoseNothing {
		require.Equal(t, m.disk.Hash(), d.Hash(), "what was not durable still is not")
		return
	}
	hash := d.Hash()
	require.Zero(t, d.Crash(vdisk.LoseUnsynced, benign), "what survived a crash is durable")
	require.Equal(t, hash, d.Hash())
	for name, content := range got {
		require.True(t, d.DurableThrough(name, int64(len(content))))
	}
}

// requireSomeMoment requires that what survived is the state at one moment since the
// last syncs, perhaps with some leading sectors of the next write.
func (m *machine) requireSomeMoment(t *rapid.T, got image) {
	for seq := 0; seq <= m.model.seq; seq++ {
		if maps.Equal(m.model.at(seq), got) {
			return
		}
		for part := 1; ; part++ {
			im, ok := m.model.withPart(seq+1, part)
			if !ok {
				break
			}
			if maps.Equal(im, got) {
				return
			}
		}
	}
	require.Fail(t, "no moment", "the disk was never as it is after the crash: %q", got)
}

// requireAllowed requires that every file that survived is one that had this name,
// and that its sectors are such as it had.
func (m *machine) requireAllowed(t *rapid.T, mode vdisk.CrashMode, got image) {
	for name, content := range got {
		require.True(t, m.fileOfSomeTime(name, func(f *file) bool {
			return f.keeps([]byte(content)) && (mode == vdisk.Torn || f.allows([]byte(content)))
		}), "%s: %q", name, content)
	}
	// A file whose name is durable, and was never touched since, is there.
	for name, f := range m.model.durable {
		touched := slices.ContainsFunc(m.model.tables, func(t table) bool { return t.names[name] != f })
		if _, there := got[name]; !touched {
			require.True(t, there, "%s has gone", name)
		}
	}
}

// fileOfSomeTime tells whether one of the files that have had the name is such.
func (m *machine) fileOfSomeTime(name string, such func(*file) bool) bool {
	tables := append([]table{{0, m.model.durable}}, m.model.tables...)
	return slices.ContainsFunc(tables, func(t table) bool {
		f := t.names[name]
		return f != nil && such(f)
	})
}

func bytesOf(t *rapid.T) []byte {
	// Never zero, so that a byte that was lost cannot pass for one that was kept.
	return rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 24).Draw(t, "bytes")
}

func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"append": m.Append, "append2": m.Append, "write": m.WriteAt, "truncate": m.Truncate,
		"rename": m.Rename, "remove": m.Remove, "fold": m.Fold, "clone": m.Clone,
		"sync": m.BeginSync, "syncdir": m.BeginSyncDir, "end": m.EndSync, "end2": m.EndSync,
		"": m.check,
	}
}

func TestDiskAgreesWithTheNaiveModelThroughAnyCrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { t.Repeat(newMachine().actions()) })
}
