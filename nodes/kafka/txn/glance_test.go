package txn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/txn"
)

func TestSomebodyAttendsToEachVerdictUntilItIsCarriedOut(t *testing.T) {
	for _, drops := range []bool{false, true} {
		w := newWorld(txn.Quirks{CompletionDropsAnother: drops})
		attended := func(epoch int32) {
			ids, of := w.c.Unattended(0)
			require.Empty(t, ids)
			require.Equal(t, epoch, of)
		}
		attended(-1) // nobody coordinates
		begun(w)
		attended(1)
		w.ask(endRequest(0, true))
		attended(1)
		w.c.Resigned(w, 0, 2)
		attended(-1)
		w.elect(2)
		attended(2)
		w.reply(2, proto.None, nil) // to the markers of epoch 1
		w.settle()
		if ids, _ := w.c.Unattended(0); drops {
			require.Equal(t, []string{"t"}, ids)
			continue
		}
		attended(2)
		for range 2 {
			w.reply(2, proto.None, nil)
			w.reply(3, proto.None, nil)
			w.settle()
		}
		require.Empty(t, ended(w))
		attended(2)
	}
}

func TestWhoseJournalIsNotLoadedAttendsToNothing(t *testing.T) {
	w := newWorld(txn.Quirks{})
	w.epochs[0] = 1
	w.c.Elected(w, 0, 1)
	ids, epoch := w.c.Unattended(0)
	require.Empty(t, ids)
	require.Equal(t, int32(-1), epoch)
}
