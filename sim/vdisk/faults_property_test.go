package vdisk_test

import (
	"maps"
	"path"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/sim/vdisk"
)

// faulty drives a disk through everything that can happen to it.
type faulty struct {
	disk   *vdisk.Disk
	flying []vdisk.Capture
}

var pathNames = rapid.SampledFrom([]string{"a", "b", "log/1", "log/2", "log/old/1"})

func (f *faulty) land(t *rapid.T) vdisk.Capture {
	if len(f.flying) == 0 {
		t.Skip("nothing in flight")
	}
	i := rapid.IntRange(0, len(f.flying)-1).Draw(t, "sync")
	c := f.flying[i]
	f.flying = slices.Delete(f.flying, i, i+1)
	return c
}

func (f *faulty) actions() map[string]func(*rapid.T) {
	d := f.disk
	write := func(t *rapid.T) {
		_ = d.WriteAt(pathNames.Draw(t, "name"), bytesOf(t), rapid.Int64Range(0, 40).Draw(t, "off"))
	}
	sync := func(t *rapid.T) {
		if c, err := d.BeginSync(pathNames.Draw(t, "name")); err == nil {
			f.flying = append(f.flying, c)
		}
	}
	end := func(t *rapid.T) { d.EndSync(f.land(t)) }
	return map[string]func(*rapid.T){
		"write":  write,
		"append": func(t *rapid.T) { _ = d.Append(pathNames.Draw(t, "name"), bytesOf(t)) },
		"truncate": func(t *rapid.T) {
			_ = d.Truncate(pathNames.Draw(t, "name"), rapid.Int64Range(0, 40).Draw(t, "size"))
		},
		"rename": func(t *rapid.T) { _ = d.Rename(pathNames.Draw(t, "from"), pathNames.Draw(t, "to")) },
		"remove": func(t *rapid.T) { _ = d.Remove(pathNames.Draw(t, "name")) },
		"sync":   sync,
		"sync2":  sync,
		"syncdir": func(t *rapid.T) {
			f.flying = append(f.flying, d.BeginSyncDir(rapid.SampledFrom([]string{"", "log", "log/old"}).Draw(t, "dir")))
		},
		"end":     end,
		"end2":    end,
		"fail":    func(t *rapid.T) { d.FailSync(f.land(t)) },
		"abandon": func(t *rapid.T) { d.AbandonSync(f.land(t)) },
		"fold":    func(*rapid.T) { d.Fold() },
		"rot":     func(t *rapid.T) { d.CorruptAt(drawer(rapid.Uint64().Draw(t, "seed"))) },
		"rot here": func(t *rapid.T) {
			_, _ = d.Corrupt(pathNames.Draw(t, "name"), rapid.Int64Range(0, 40).Draw(t, "off"), []byte{1})
		},
		"astray":  func(t *rapid.T) { d.Misdirect("", rapid.Uint64().Draw(t, "pick")) },
		"phantom": func(t *rapid.T) { d.LoseWrite("", 1, rapid.Uint64().Draw(t, "pick")) },
		"kill":    func(*rapid.T) { d.Crash(vdisk.LoseNothing, benign); f.flying = nil },
		"restart": func(t *rapid.T) {
			d.Crash(vdisk.CrashMode(rapid.IntRange(1, 4).Draw(t, "mode")), drawer(rapid.Uint64().Draw(t, "seed")))
		},
	}
}

func TestDurableThroughIsTrueInEveryCrashWhateverElseHasFailed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &faulty{disk: vdisk.New(vdisk.Config{SectorSize: sector})}
		actions := f.actions()
		actions[""] = func(t *rapid.T) {
			crashed := f.disk.Clone()
			require.Equal(t, f.disk.Hash(), crashed.Hash())
			mode := vdisk.CrashMode(rapid.IntRange(0, 4).Draw(t, "mode"))
			crashed.Crash(mode, drawer(rapid.Uint64().Draw(t, "seed")))
			for name, content := range read(f.disk) {
				end := rapid.IntRange(0, len(content)).Draw(t, "end")
				if f.disk.DurableThrough(name, int64(end)) {
					after, err := crashed.ReadFile(name)
					require.NoError(t, err)
					require.GreaterOrEqual(t, len(after), end)
					require.Equal(t, content[:end], string(after[:end]))
				}
			}
		}
		t.Repeat(actions)
	})
}

func TestFoldingChangesNothingThatASyncMakesDurable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &faulty{disk: vdisk.New(vdisk.Config{SectorSize: sector})}
		actions := f.actions()
		actions[""] = func(*rapid.T) {}
		t.Repeat(actions)
		plain, folded := f.disk.Clone(), f.disk.Clone()
		for _, d := range []*vdisk.Disk{plain, folded} {
			d.Disarm()
			for _, c := range f.flying {
				d.AbandonSync(c)
			}
		}
		folded.Fold()
		require.Equal(t, plain.Hash(), folded.Hash())
		for _, name := range slices.Sorted(maps.Keys(read(plain))) {
			for _, d := range []*vdisk.Disk{plain, folded} {
				c, err := d.BeginSync(name)
				require.NoError(t, err)
				d.EndSync(c)
			}
		}
		require.Equal(t, plain.Hash(), folded.Hash())
	})
}

func TestSameOperationsAndDrawsGiveTheSameDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &faulty{disk: vdisk.New(vdisk.Config{SectorSize: sector})}
		actions := f.actions()
		actions[""] = func(*rapid.T) {}
		t.Repeat(actions)
		a, b := f.disk.Clone(), f.disk.Clone()
		mode, seed := vdisk.CrashMode(rapid.IntRange(0, 4).Draw(t, "mode")), rapid.Uint64().Draw(t, "seed")
		require.Equal(t, a.Crash(mode, drawer(seed)), b.Crash(mode, drawer(seed)))
		require.Equal(t, a.Hash(), b.Hash())
		require.Equal(t, read(a), read(b))
	})
}

func TestHowMuchACrashDrawsDoesNotDependOnWhatItDraws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &faulty{disk: vdisk.New(vdisk.Config{SectorSize: sector})}
		actions := f.actions()
		actions[""] = func(*rapid.T) {}
		t.Repeat(actions)
		mode := vdisk.CrashMode(rapid.IntRange(0, 4).Draw(t, "mode"))
		asked := func(draw func(uint64) uint64) (bounds []uint64) {
			f.disk.Clone().Crash(mode, func(n uint64) uint64 {
				bounds = append(bounds, n)
				return draw(n)
			})
			return bounds
		}
		want := asked(benign)
		require.Equal(t, want, asked(drawer(rapid.Uint64().Draw(t, "seed"))))
		require.Equal(t, want, asked(func(n uint64) uint64 { return n - 1 }))
	})
}

// TestARenamedFileIsUnderOneOfItsNames moves durable files between directories, with
// syncs that end, fail or are abandoned in any order, and crashes.
func TestARenamedFileIsUnderOneOfItsNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := vdisk.New(vdisk.Config{SectorSize: sector})
		dirs := []string{"", "x", "y"}
		all := []string{"1", "2", "3", "x/1", "x/2", "x/3", "y/1", "y/2", "y/3"}
		contents := []string{"first", "second", "third"}
		for i, content := range contents {
			require.NoError(t, d.Append(all[i], []byte(content)))
			c, err := d.BeginSync(all[i])
			require.NoError(t, err)
			d.EndSync(c)
		}
		d.EndSync(d.BeginSyncDir(""))
		f := &faulty{disk: d}
		t.Repeat(map[string]func(*rapid.T){
			"rename": func(t *rapid.T) {
				from, to := rapid.SampledFrom(all).Draw(t, "from"), rapid.SampledFrom(all).Draw(t, "to")
				if _, err := d.Size(to); err != nil { // replaces nothing
					_ = d.Rename(from, to)
				}
			},
			"sync": func(t *rapid.T) {
				f.flying = append(f.flying, d.BeginSyncDir(rapid.SampledFrom(dirs).Draw(t, "dir")))
			},
			"end":     func(t *rapid.T) { d.EndSync(f.land(t)) },
			"fail":    func(t *rapid.T) { d.FailSync(f.land(t)) },
			"abandon": func(t *rapid.T) { d.AbandonSync(f.land(t)) },
			"end at once": func(t *rapid.T) {
				dir := rapid.SampledFrom(dirs).Draw(t, "dir")
				if d.Harm().NamesGivenUp > 0 {
					t.Skip("a failed sync leaves names that are not durable")
				}
				d.EndSync(d.BeginSyncDir(dir))
				crashed := d.Clone()
				crashed.Crash(vdisk.LoseUnsynced, benign)
				require.Equal(t, in(d, dir), in(crashed, dir), "the names in %q are durable", dir)
			},
			"": func(t *rapid.T) {
				crashed := d.Clone()
				mode := vdisk.CrashMode(rapid.IntRange(0, 4).Draw(t, "mode"))
				crashed.Crash(mode, drawer(rapid.Uint64().Draw(t, "seed")))
				var found []string
				for _, content := range read(crashed) {
					found = append(found, content)
				}
				require.ElementsMatch(t, contents, found)
			},
		})
	})
}

// in reads the files in a directory itself.
func in(d *vdisk.Disk, dir string) image {
	im := read(d)
	for name := range im {
		if p := path.Dir(name); p != dir && !(p == "." && dir == "") {
			delete(im, name)
		}
	}
	return im
}
