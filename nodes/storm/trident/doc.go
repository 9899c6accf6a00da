// Package trident is Storm's exactly once: a topology that works in batches, which have numbers and are committed in the order of these,
// on a state that remembers which batch each of its values is from.
//
// A coordinator, which is a spout, begins batches: up to MaxActive at a time, for processing is pipelined. Emitters read what belongs to a
// batch and emit it; state tasks gather what is theirs. When the tree of a batch is complete, and all batches before it are committed, the
// coordinator has it committed: the state tasks write what they gathered. A batch that fails is begun again, under the same txid and
// with the next attempt, and with it all batches behind it.
//
// What makes it exactly once is what the state does when it meets a txid again. A transactional spout emits the same records for
// a txid, whatever happens: it writes down which before it emits them. Then a value of the same txid needs nothing more. An opaque spout
// may emit others, so that it need not wait for a partition that is down; then each value is kept with the one before it, from which the
// batch is applied anew.
//
// # What is ours
//
// Three things are stricter here than in Storm's own Trident, and each is needed for exactly once in the face of workers that are cut off and
// run on. The coordinator writes its znode by version, so of two coordinators one loses. The store takes a write only from
// the present attempt or a later one. And an opaque state takes back what an earlier attempt of the same txid has written to keys
// that the present one does not touch (see [Quirks].KeepsLeftovers).
//
// Invariants: an attempt of a txid is begun once; txids are committed in order; the state is the fold of the records that were
// committed, each once.
//
// The specification is Storm's "Trident State" and "Trident spouts" pages, MasterBatchCoordinator.java, OpaqueMap.java and
// TransactionalMap.java.
package trident
