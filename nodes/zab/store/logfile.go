package store

import (
	"errors"
	"fmt"
	"io"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// window is how much of a log is read at a time, in bytes.
const window = 256 << 10

// logFile reads one log from its beginning.
type logFile struct {
	d    nodes.Disk
	name string
	size int64
	off  int64 // of the next entry
	buf  []byte
	base int64 // of buf, in the file
}

func openLog(d nodes.Disk, name string) (*logFile, error) {
	size, err := d.Size(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &logFile{d: d, name: name, size: size}, nil
}

// at returns n bytes of the file, or those that there are.
func (f *logFile) at(off int64, n int) ([]byte, error) {
	n = int(max(0, min(int64(n), f.size-off)))
	if off < f.base || off+int64(n) > f.base+int64(len(f.buf)) {
		want := int(min(max(int64(n), window), f.size-off))
		f.buf = append(f.buf[:0], make([]byte, want)...)
		f.base = off
		got, err := f.d.ReadAt(f.name, f.buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		f.buf = f.buf[:got]
	}
	i := int(off - f.base)
	return f.buf[i:min(len(f.buf), i+n)], nil
}

// begin reads the header. whole is false if the file never got one: the crash came before its first batch
// was durable. last tells whether it is the last file.
func (f *logFile) begin(last bool) (whole bool, err error) {
	p, err := f.at(0, fileHeaderSize)
	if err != nil {
		return false, err
	}
	var h proto.FileHeader
	switch err := h.Decode(jute.NewDecoder(p)); {
	case err != nil || h.Magic != proto.LogMagic:
		_, used, err := f.witness(0)
		if err == nil && (used || !last && !allZero(p)) {
			err = &CorruptError{File: f.name, Why: "it does not begin as a transaction log does"}
		}
		return false, err
	case h.Version != proto.FileVersion:
		return false, &CorruptError{File: f.name, Offset: 4, Why: fmt.Sprintf("version %d, this program reads %d", h.Version, proto.FileVersion)}
	}
	f.off = fileHeaderSize
	return true, nil
}

func allZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

// tail is why a log ends where it ends.
type tail uint8

const (
	tailNone  tail = iota // it does not: there is an entry
	tailClean             // the end of the file, or zeros where an entry would begin
	tailShort             // an entry that the file is too short for
	tailBad               // an entry that is damaged
)

// next returns the next entry, valid until the call after, and steps over it.
func (f *logFile) next() (p []byte, t tail, err error) {
	p, err = f.at(f.off, entryHead)
	switch {
	case err != nil:
		return nil, tailBad, err
	case allZero(p):
		return nil, tailClean, nil
	case len(p) < entryHead:
		return nil, tailShort, nil
	}
	n, ok := entryLength(p)
	if !ok {
		return nil, tailBad, nil
	}
	if p, err = f.at(f.off, n); err != nil {
		return nil, tailBad, err
	}
	if len(p) < n {
		return nil, tailShort, nil
	}
	if !sound(p) {
		return nil, tailBad, nil
	}
	f.off += int64(n)
	return p, tailNone, nil
}

// witness looks behind the end for a sound entry that proves that what is missing at off had been durable: one
// that says so, or that says nothing. last is the zxid of the entry before off: a witness is newer.
func (f *logFile) witness(last int64) (zxid int64, found bool, err error) {
	off := f.off
	end, err := content(f.d, f.name, off, f.size)
	if err != nil || end == off {
		return 0, false, err
	}
	rest := make([]byte, end-off)
	if _, err := f.d.ReadAt(f.name, rest, off); err != nil && !errors.Is(err, io.EOF) {
		return 0, false, fmt.Errorf("%s: %w", f.name, err)
	}
	for i := 1; i+entryHead+minPayload+entryTail <= len(rest); i++ {
		n, ok := entryLength(rest[i:])
		if !ok || n > len(rest)-i || !sound(rest[i:i+n]) {
			continue
		}
		e := rest[i : i+n]
		if _, durable := splitEntry(e); entryZxid(e) > last && (durable < 0 || durable > off) {
			return entryZxid(e), true, nil
		}
		i += n - 1
	}
	return 0, false, nil
}

// content is where the last byte of the file ends that is not zero, from off on; off if there is none. Padding is long,
// and is not read at once.
func content(d nodes.Disk, name string, off, size int64) (end int64, err error) {
	end = off
	p := make([]byte, min(window, max(size-off, 0)))
	for off < size {
		p = p[:min(int64(len(p)), size-off)]
		n, err := d.ReadAt(name, p, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if n == 0 {
			break
		}
		for i := n - 1; i >= 0; i-- {
			if p[i] != 0 {
				end = off + int64(i) + 1
				break
			}
		}
		off += int64(n)
	}
	return end, nil
}
