package replica_test

import (
	"testing"

	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// BenchmarkReplicatedProduce is a produce of one record of 100 bytes with acks=all on a leader with two followers that fetch: each operation is
// the append, two fetches that bring it and two that acknowledge it, and their answers, through the codec of the wire.
func BenchmarkReplicatedProduce(b *testing.B) {
	w := three(b, replica.Config{}, 1)
	p := batch(record.Fields{}, string(make([]byte, 100)))
	b.ReportAllocs()
	for b.Loop() {
		c := w.b(1).ask(produce(-1, 8, p))
		w.run()
		if w.b(1).produced(c) == "" {
			b.Fatal("it was not answered")
		}
		delete(w.b(1).dones, c)
		w.story = w.story[:0]
	}
}

// BenchmarkProduce is the leader's part alone, with acks=1.
func BenchmarkProduce(b *testing.B) {
	w := newWorld(b, 1, replica.Config{}, replica.TopicConfig{})
	w.create(1)
	w.run()
	m, e := w.b(1).m, w.b(1).env()
	p := batch(record.Fields{}, string(make([]byte, 100)))
	r := produce(1, 8, nil)
	b.ReportAllocs()
	for call := uint64(1 << 40); b.Loop(); call++ {
		r.Topics[0].Partitions[0].Records = p
		m.Handle(e, call, replica.Peer{}, r)
		m.Take()
	}
}

// BenchmarkFetch is a consumer's fetch of 100 records of 100 bytes.
func BenchmarkFetch(b *testing.B) {
	w := newWorld(b, 1, replica.Config{}, replica.TopicConfig{})
	w.create(1)
	w.run()
	for range 100 {
		w.b(1).produce(1, string(make([]byte, 100)))
	}
	m, e := w.b(1).m, w.b(1).env()
	r := consume(0, -1, 11)
	b.ReportAllocs()
	b.SetBytes(100 * 170)
	for call := uint64(1 << 40); b.Loop(); call++ {
		m.Handle(e, call, replica.Peer{}, r)
		m.Take()
	}
}
