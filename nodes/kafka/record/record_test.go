package record_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/record"
)

var codecs = []record.Codec{record.Uncompressed, record.Gzip, record.Snappy, record.LZ4, record.Zstd}

// batch makes a batch of n records.
func batch(f record.Fields, n int) record.Batch {
	var w record.Builder
	w.Reset(f)
	for i := range n {
		w.Add(int64(1000+i), fmt.Appendf(nil, "key%d", i), bytes.Repeat([]byte("v"), 20), record.Header{Key: "h", Value: []byte{1}})
	}
	return w.Batch()
}

// sealed computes the checksum of a batch that a test has changed.
func sealed(b record.Batch) record.Batch {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func TestKmsgReadsWhatWeWriteAndWeReadWhatItWrites(t *testing.T) {
	b := batch(record.Fields{Idempotent: true, ProducerID: 9, ProducerEpoch: 3, BaseSequence: 77, Transactional: true}, 3)
	b.Assign(1234, 5)
	var k kmsg.RecordBatch
	require.NoError(t, k.ReadFrom(b))
	require.Equal(t, []int64{1234, 5, 2, 2, 1000, 1002, 9, 3, 77, 3}, []int64{k.FirstOffset, int64(k.PartitionLeaderEpoch),
		int64(k.Magic), int64(k.LastOffsetDelta), k.FirstTimestamp, k.MaxTimestamp, k.ProducerID, int64(k.ProducerEpoch),
		int64(k.FirstSequence), int64(k.NumRecords)})
	p := k.Records
	for i := range 3 {
		var r kmsg.Record
		n, w := binary.Varint(p)
		require.NoError(t, r.ReadFrom(p[:w+int(n)]))
		require.Equal(t, fmt.Sprintf("key%d", i), string(r.Key))
		require.Equal(t, "h", r.Headers[0].Key)
		p = p[w+int(n):]
	}
	require.Empty(t, p)

	rec := kmsg.Record{TimestampDelta64: 4, Key: []byte("a"), Value: []byte("b")}
	body := rec.AppendTo(nil)
	rec.Length = int32(len(body) - 1)
	theirs := kmsg.RecordBatch{Magic: 2, FirstTimestamp: 10, MaxTimestamp: 14, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
		NumRecords: 1, Records: rec.AppendTo(nil)}
	theirs.Length = int32(49 + len(theirs.Records))
	c := sealed(theirs.AppendTo(nil))
	var v record.Validator
	_, err := v.Validate(c)
	require.NoError(t, err)
	require.Equal(t, sealed(theirs.AppendTo(nil)), c)
}

// TestABatchHasTheBytesOfTheFormat is a golden vector: by hand from the format's description.
func TestABatchHasTheBytesOfTheFormat(t *testing.T) {
	var w record.Builder
	w.Reset(record.Fields{})
	w.Add(1, []byte("k"), []byte("v"))
	want := "0000000000000000" + "0000003a" + "00000000" + "02" + "CCCCCCCC" + "0000" + "00000000" +
		"0000000000000001" + "0000000000000001" + "ffffffffffffffff" + "ffff" + "ffffffff" + "00000001" +
		"10" + "00" + "00" + "00" + "02" + "6b" + "02" + "76" + "00"
	got := w.Batch()
	crc := crc32.Checksum(got[21:], crc32.MakeTable(crc32.Castagnoli))
	require.Equal(t, want[:34]+fmt.Sprintf("%08x", crc)+want[42:], hex.EncodeToString(got))
}

func TestEveryCodecGivesBackWhatWentIn(t *testing.T) {
	for _, c := range codecs {
		b := batch(record.Fields{Codec: c}, 50)
		var v record.Validator
		delta, err := v.Validate(b)
		require.NoError(t, err, c)
		require.Equal(t, int32(49), delta)
		if c != record.Uncompressed {
			require.Less(t, len(b), len(batch(record.Fields{}, 50)), c)
		}
	}
}

func TestSnappyOfJavaClientsIsBlocks(t *testing.T) {
	plain := batch(record.Fields{}, 4)
	framed := append([]byte{}, plain[:61]...)
	framed = append(framed, 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1)
	for p := plain.Payload(); len(p) > 0; {
		n := min(30, len(p))
		z := snappy.Encode(nil, p[:n])
		framed = binary.BigEndian.AppendUint32(framed, uint32(len(z)))
		framed = append(framed, z...)
		p = p[n:]
	}
	binary.BigEndian.PutUint32(framed[8:], uint32(len(framed)-12))
	framed[22] = 2
	var v record.Validator
	_, err := v.Validate(sealed(framed))
	require.NoError(t, err)
}

func TestABombIsRefused(t *testing.T) {
	for _, c := range codecs[1:] {
		var w record.Builder
		w.Reset(record.Fields{Codec: c})
		w.Add(1, nil, make([]byte, 1<<20))
		v := record.Validator{}
		v.Reader.Decompressor.Limit = 64 << 10
		_, err := v.Validate(w.Batch())
		require.Equal(t, record.MessageTooLarge, record.CodeOf(err), "%v: %v", c, err)
	}
}

func TestWhatAClientMayNotSayIsRefusedWithTheProtocolsError(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(b record.Batch)
		code record.Code
	}{
		{"magic 0", func(b record.Batch) { b[16] = 0 }, record.InvalidRecord},
		{"magic 1", func(b record.Batch) { b[16] = 1 }, record.InvalidRecord},
		{"magic 3", func(b record.Batch) { b[16] = 3 }, record.CorruptMessage},
		{"a flipped bit", func(b record.Batch) { b[70] ^= 1 }, record.CorruptMessage},
		{"control", func(b record.Batch) { b[22] |= 0x20; sealed(b) }, record.InvalidRecord},
		{"delete horizon", func(b record.Batch) { b[22] |= 0x40; sealed(b) }, record.InvalidRecord},
		{"unknown attribute", func(b record.Batch) { b[21] |= 1; sealed(b) }, record.InvalidRecord},
		{"unknown codec", func(b record.Batch) { b[22] |= 5; sealed(b) }, record.UnsupportedCompressionType},
		{"not gzip", func(b record.Batch) { b[22] |= 1; sealed(b) }, record.CorruptMessage},
		{"one record fewer", func(b record.Batch) { b[60]--; sealed(b) }, record.InvalidRecord},
		{"one offset more", func(b record.Batch) { b[26]++; sealed(b) }, record.InvalidRecord},
		{"a gap between offsets", func(b record.Batch) { b[64]++; sealed(b) }, record.InvalidRecord},
		{"another largest time", func(b record.Batch) { b[42]++; sealed(b) }, record.InvalidRecord},
		{"transaction without producer", func(b record.Batch) { b[22] |= 0x10; sealed(b) }, record.InvalidRecord},
		{"producer without sequence", func(b record.Batch) { clear(b[43:53]); sealed(b) }, record.InvalidRecord},
	} {
		b := batch(record.Fields{}, 2)
		c.edit(b)
		_, _, err := record.Next(b)
		if err == nil {
			var v record.Validator
			_, err = v.Validate(b)
		}
		require.Equal(t, c.code, record.CodeOf(err), "%s: %v", c.name, err)
	}
}

func TestAssignLeavesTheChecksumAlone(t *testing.T) {
	b := batch(record.Fields{Codec: record.LZ4}, 2)
	crc := b.CRC()
	b.Assign(math.MaxInt32, 9)
	require.NoError(t, b.Check())
	require.Equal(t, crc, b.CRC())
	b.StampAppendTime(5555)
	require.NoError(t, b.Check())
	var r record.Reader
	var rec record.Record
	require.NoError(t, r.Reset(b))
	require.True(t, r.Next(&rec))
	require.Equal(t, int64(5555), rec.Timestamp)
}

func TestMarkersSayWhoAndHow(t *testing.T) {
	m := record.Marker{ProducerID: 7, ProducerEpoch: 2, Type: record.Commit, CoordinatorEpoch: 12}
	b := record.Batch(m.Append(nil, 99))
	require.NoError(t, b.Check())
	require.True(t, b.Control() && b.Transactional())
	var r record.Reader
	got, err := r.Control(b)
	require.NoError(t, err)
	require.Equal(t, m, got)
	require.Equal(t, record.NoSequence, b.LastSequence())
}

func TestSequencesWrap(t *testing.T) {
	require.Equal(t, int32(math.MaxInt32), record.AddSequence(math.MaxInt32-1, 1))
	require.Equal(t, int32(0), record.AddSequence(math.MaxInt32, 1))
	require.Equal(t, int32(4), record.AddSequence(math.MaxInt32-5, 10))
}

func TestAFilteredBatchKeepsOffsetsTimesAndSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(codecs).Draw(t, "codec")
		n := rapid.IntRange(1, 20).Draw(t, "n")
		b := batch(record.Fields{Codec: c, Idempotent: true, ProducerID: 1, BaseSequence: 5}, n)
		b.Assign(100, 3)
		keep := rapid.Uint32().Draw(t, "keep")
		var horizon *int64
		if rapid.Bool().Draw(t, "horizon") {
			h := int64(1_000_000)
			horizon = &h
		}
		var w record.Builder
		var r record.Reader
		out, kept, err := w.Filter(nil, &r, b, horizon, func(x *record.Record) bool { return keep>>(x.Offset-100)&1 == 1 })
		require.NoError(t, err)
		f := record.Batch(out)
		require.NoError(t, f.Check())
		require.Equal(t, []int64{100, int64(99 + n), 3, int64(kept), int64(b.LastSequence())},
			[]int64{f.BaseOffset(), f.LastOffset(), int64(f.LeaderEpoch()), int64(f.Count()), int64(f.LastSequence())})
		at, ok := f.DeleteHorizon()
		require.Equal(t, horizon != nil, ok)
		if ok {
			require.Equal(t, *horizon, at)
		}
		var rec record.Record
		require.NoError(t, r.Reset(f))
		for i := range n {
			if keep>>i&1 == 1 {
				require.True(t, r.Next(&rec))
				require.Equal(t, []int64{int64(100 + i), int64(1000 + i)}, []int64{rec.Offset, rec.Timestamp})
				require.Equal(t, []record.Header{{Key: "h", Value: []byte{1}}}, rec.Headers.All())
			}
		}
		require.False(t, r.Next(&rec))
		require.NoError(t, r.Err())
	})
}

func TestReadingARecordAllocatesNothing(t *testing.T) {
	b := batch(record.Fields{}, 100)
	var r record.Reader
	var rec record.Record
	require.Zero(t, testing.AllocsPerRun(20, func() {
		_ = r.Reset(b)
		for r.Next(&rec) {
		}
	}))
}

func FuzzNextAndValidate(f *testing.F) {
	for _, c := range codecs {
		f.Add([]byte(batch(record.Fields{Codec: c}, 3)))
	}
	f.Add(record.Marker{}.Append(nil, 1))
	f.Fuzz(func(t *testing.T, p []byte) {
		b, rest, err := record.Next(p)
		if err != nil {
			return
		}
		require.Equal(t, len(p), len(b)+len(rest))
		if len(b) >= 61 {
			sealed(b)
		}
		v := record.Validator{}
		v.Reader.Decompressor.Limit = 1 << 20
		if _, err := v.Validate(b); err != nil {
			require.NotEqual(t, record.UnknownServerError, record.CodeOf(err))
			_, err = v.Reader.Control(b)
			_ = err
			return
		}
		var w record.Builder
		out, kept, err := w.Filter(nil, &v.Reader, b, nil, func(*record.Record) bool { return true })
		require.NoError(t, err)
		require.Equal(t, int(b.Count()), kept)
		require.NoError(t, record.Batch(out).Check())
	})
}

func BenchmarkValidate(b *testing.B) {
	for _, c := range codecs {
		p := batch(record.Fields{Codec: c}, 1000)
		b.Run(c.String(), func(b *testing.B) {
			var v record.Validator
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Validate(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAnEmptyBatchHasItsOffsetsAndNoRecords(t *testing.T) {
	b := record.Empty(5, 9, 3)
	require.NoError(t, b.Check())
	require.Equal(t, []int64{5, 8, 9, 3, 0}, []int64{b.BaseOffset(), b.LastOffset(), b.NextOffset(), int64(b.LeaderEpoch()), int64(b.Count())})
	var r record.Reader
	require.NoError(t, r.Reset(b))
	require.False(t, r.Next(&record.Record{}))
	require.NoError(t, r.Err())
}
