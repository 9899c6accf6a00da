package proto_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// BenchmarkProduce reads a produce request of one batch of 10 kB, and makes its response.
func BenchmarkProduce(b *testing.B) {
	r := kmsg.NewPtrProduceRequest()
	r.Version, r.Acks = 8, -1
	t := kmsg.NewProduceRequestTopic()
	t.Topic = "orders"
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = make([]byte, 10_000)
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	frame := proto.AppendRequest(nil, proto.Header{ClientID: "bench"}, r)
	var out []byte
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		h, got, err := proto.ReadRequest(frame)
		if err != nil {
			b.Fatal(err)
		}
		out = proto.AppendResponse(out[:0], h.Correlation, proto.Refusal(got, proto.None))
	}
}
