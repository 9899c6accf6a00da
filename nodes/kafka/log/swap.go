package log

import (
	"errors"
	"io"
	"slices"
	"strings"

	"orrery/nodes"
)

// swap puts a compacted segment in the place of those that it was made from.
//
// Its files are synced under names that end in .cleaned, of which a crash leaves nothing. Then they are named .swap, the log
// last: from the moment that this name is durable the old segments are as good as gone, and the next start goes on from there. Only then
// are they removed and the new files given their names. No moment has the log in two versions, or in none (KAFKA-12520).
type swap struct {
	segment *segment
	old     []*segment
}

func (l *Log) beginSwap(d nodes.Disk, w *swap) error {
	l.busy++
	// Recovery takes a gap for a loss: it must not look at what compaction has thinned out.
	steps := []step{{do: doCheckpoint, which: recoveryPoints}}
	s := *w.segment // its names as they are now
	for _, ext := range segmentExts {
		steps = append(steps, step{do: doSync, name: s.file(ext)})
	}
	base := func(ext string) string { return offsetName(l.dir, s.base, ext) }
	for _, ext := range segmentExts {
		if ext == logExt {
			steps = append(steps, step{do: doSyncDir, name: l.dir})
		}
		steps = append(steps, step{do: doRename, name: s.file(ext), to: base(ext) + swapExt})
	}
	steps = append(steps, step{do: doSyncDir, name: l.dir}, step{do: doSwitch, log: l, swap: w})
	for _, old := range slices.Backward(w.old) {
		for _, ext := range segmentExts {
			steps = append(steps, step{do: doRemove, name: old.file(ext)})
		}
	}
	steps = append(steps, step{do: doSyncDir, name: l.dir})
	for _, ext := range segmentExts {
		if ext == logExt {
			steps = append(steps, step{do: doSyncDir, name: l.dir})
		}
		steps = append(steps, step{do: doRename, name: base(ext) + swapExt, to: base(ext)})
	}
	return l.m.start(d, append(steps, step{do: doLive, log: l, swap: w}, step{do: doSyncDir, name: l.dir},
		step{do: doRelease, log: l})...)
}

// switchTo lets reads find the new segment, under the name that it has for the moment.
func (l *Log) switchTo(_ nodes.Disk, w *swap) error {
	i := slices.Index(l.segs, w.old[0])
	w.segment.suffix = swapExt
	l.segs = slices.Replace(l.segs, i, i+len(w.old), w.segment)
	return nil
}

// live takes note that the files have their names.
func (l *Log) live(_ nodes.Disk, w *swap) error {
	w.segment.suffix = ""
	return nil
}

// finishSwaps goes on with the swaps that a crash has cut short.
func finishSwaps(d nodes.Disk, dir string, names []string) error {
	for _, name := range names {
		base, ext, ok := parseOffset(strings.TrimPrefix(name, dir+"/"))
		if !ok || ext != logExt+swapExt {
			continue
		}
		end, err := endOfFile(d, dir, base)
		if err != nil {
			return err
		}
		for _, other := range names {
			at, ext, ok := parseOffset(strings.TrimPrefix(other, dir+"/"))
			if ok && slices.Contains(segmentExts, ext) && at > base && at < end {
				if err := remove(d, other); err != nil {
					return err
				}
			}
		}
		for _, ext := range segmentExts {
			from, to := offsetName(dir, base, ext)+swapExt, offsetName(dir, base, ext)
			there, err := exists(d, from)
			if err == nil && there {
				err = d.Rename(from, to)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// endOfFile is the first offset behind a segment that is being swapped in, or just its base if it is empty.
func endOfFile(d nodes.Disk, dir string, base int64) (end int64, err error) {
	s := &segment{dir: dir, base: base, suffix: swapExt}
	if s.size, err = d.Size(s.file(logExt)); err != nil {
		return 0, err
	}
	w := s.walk(d, 0)
	for end = base; ; {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return 0, s.corrupt(w, err)
		}
		end = b.NextOffset()
	}
}
