package paxos

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

var three = []nodes.ID{"n1", "n2", "n3"}

func TestThreeReplicasServeAClient(t *testing.T) {
	w := newWorld()
	w.cluster(3, nil)
	c := w.client("c1", three...)
	c.do(
		Op{Kind: OpPut, Key: "x", Value: "1"},
		Op{Kind: OpGet, Key: "x"},
		Op{Kind: OpAppend, Key: "x", Value: "2"},
		Op{Kind: OpCAS, Key: "x", Expect: "12", Value: "3"},
		Op{Kind: OpCAS, Key: "x", Expect: "12", Value: "4"},
		Op{Kind: OpCreate, Key: "y", Value: "5"},
		Op{Kind: OpCreate, Key: "y", Value: "6"},
		Op{Kind: OpScan},
		Op{Kind: OpDelete, Key: "x"},
		Op{Kind: OpDelete, Key: "x"},
		Op{Kind: OpGet, Key: "x"},
	)
	w.runFor(20 * time.Second)
	var got []string
	for _, r := range c.client().results {
		require.Equal(t, OutcomeOK, r.Outcome, r.Why)
		got = append(got, fmt.Sprint(r.Op.Kind, " ", r.Answer.Done, " ", r.Answer.Value, r.Answer.Pairs))
	}
	require.Equal(t, []string{"put true []", "get true 1[]", "append true []", "cas true []", "cas false 3[]",
		"create true []", "create false 5[]", "scan true [{x 3} {y 5}]", "delete true []", "delete false []", "get false []"}, got)
	slot, chain := w.leader().replica().Applied()
	for _, m := range w.machines[:3] {
		s, c := m.replica().Applied()
		require.Equal(t, slot, s)
		require.Equal(t, chain, c)
	}
}
