package log_test

import (
	"fmt"
	"testing"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// large is a batch of 100 records of 100 bytes.
func large() record.Batch {
	var w record.Builder
	w.Reset(record.Fields{})
	for i := range 100 {
		w.Add(int64(i), nil, []byte(fmt.Sprintf("%0100d", i)))
	}
	return w.Batch()
}

// BenchmarkAppend compares an append with the disk's own write of the same bytes: the ratio is what the log costs.
func BenchmarkAppend(b *testing.B) {
	p := large()
	const round = 2000 // batches, then the disk is emptied
	b.Run("copy", func(b *testing.B) {
		d := newDisk()
		b.SetBytes(int64(len(p)))
		for i := 0; b.Loop(); i++ {
			if i%round == 0 {
				d = newDisk()
			}
			_ = d.Append("f", p)
		}
	})
	for _, who := range []string{"leader", "follower"} {
		b.Run(who, func(b *testing.B) {
			k, l := fresh(b, log.Config{}, log.Quirks{})
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%round == 0 {
					k, l = fresh(b, log.Config{}, log.Quirks{})
				}
				var err error
				if who == "leader" {
					_, err = l.AppendAsLeader(k.d, epoch, p, 1, log.Client, 0)
				} else {
					p.Assign(l.EndOffset(), 1)
					_, err = l.AppendAsFollower(k.d, epoch, p)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead compares catching up with the disk's own read of the same bytes.
func BenchmarkRead(b *testing.B) {
	p := large()
	k, l := fresh(b, log.Config{}, log.Quirks{})
	for range 1000 {
		if _, err := l.AppendAsLeader(k.d, epoch, p, 1, log.Client, 0); err != nil {
			b.Fatal(err)
		}
	}
	const piece = 1 << 20
	b.Run("copy", func(b *testing.B) {
		dst := make([]byte, piece)
		b.SetBytes(piece)
		for i := int64(0); b.Loop(); i++ {
			_, _ = k.d.ReadAt("t-0/00000000000000000000.log", dst, i%8*piece)
		}
	})
	b.Run("log", func(b *testing.B) {
		var dst []byte
		at, bytes := int64(0), 0
		b.ReportAllocs()
		for b.Loop() {
			f, err := l.Read(k.d, dst[:0], at, piece, true, log.LogEnd)
			if err != nil {
				b.Fatal(err)
			}
			dst = f.Records
			bytes += len(dst)
			if at += int64(len(dst)/len(p)) * 100; at >= l.EndOffset() {
				at = 0
			}
		}
		b.SetBytes(int64(bytes / b.N))
	})
}
