package txn_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/txn"
)

// A broker that leads the partition of __transaction_state hands its coordinator a producer's requests, and does what Take returns:
// here a world of one broker does, whose journal commits at once.
func Example() {
	w := newWorld(txn.Quirks{})
	w.elect(1)
	w.ask(initRequest("t"))
	w.ask(addTo(0, "a", "b"))

	end := kmsg.NewPtrEndTxnRequest()
	end.Version, end.TransactionalID, end.ProducerID, end.Commit = 3, "t", 1000, true
	w.ask(end)
	for _, broker := range w.brokers() {
		w.reply(broker, proto.None, nil)
	}
	w.settle()
	for _, d := range w.dones {
		fmt.Println(answer(d.Response))
	}
	fmt.Println(w.state()[0])
	// Output:
	// InitProducerId: producer 1000 epoch 0
	// AddPartitionsToTxn: a-0 NONE b-0 NONE
	// EndTxn: NONE
	// t: producer 1000 epoch 0, CompleteCommit
}
