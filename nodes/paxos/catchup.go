package paxos

import (
	"hash/crc32"

	"orrery/nodes"
)

// Catch-up: a replica asks for what is chosen behind its commit index, and gets values, or
// the parts of a snapshot where the log has been truncated. It asks for one message at a
// time and names where it stands, so that anything may be lost or doubled.

// incoming is a snapshot on its way here.
type incoming struct {
	slot Slot
	size uint64
	sum  uint32
	data []byte
}

// maxSnapshot bounds a snapshot, in bytes.
const maxSnapshot = 1 << 30

// askCatchUp asks to, unless someone was asked a moment ago.
func (r *Replica) askCatchUp(env nodes.Env, to nodes.ID) {
	now := env.Monotonic()
	if now-r.askedAt < r.cfg.Heartbeat/2 && r.askedAt > 0 || to == r.cfg.Self {
		return
	}
	r.sendCatchUp(env, to)
}

func (r *Replica) sendCatchUp(env nodes.Env, to nodes.ID) {
	r.askedAt = env.Monotonic()
	r.out.catchUp = CatchUp{From: r.commit + 1, Snapshot: r.incoming.slot, Offset: uint64(len(r.incoming.data))}
	env.Send(to, &r.out.catchUp)
}

// onCatchUp sends what is chosen from the slot on that is asked for.
func (r *Replica) onCatchUp(env nodes.Env, from nodes.ID, m *CatchUp) {
	if m.From == 0 || m.From > r.commit {
		return
	}
	if m.From <= r.log.base {
		r.sendSnapshotPart(env, from, m)
		return
	}
	out := &r.out.chosen
	*out = Chosen{First: m.From, Values: out.Values[:0], Commit: r.commit}
	size := 0
	for s := m.From; s <= r.commit && size < r.cfg.ChunkBytes; s++ {
		c := r.log.at(s)
		if c == nil { // it was skipped: only a defect does that
			break
		}
		out.Values = append(out.Values, c.value)
		size += len(c.value)
	}
	env.Send(from, out)
}

func (r *Replica) sendSnapshotPart(env nodes.Env, to nodes.ID, m *CatchUp) {
	offset := m.Offset
	if m.Snapshot != r.base || offset > uint64(len(r.image)) {
		offset = 0
	}
	end := min(offset+uint64(r.cfg.ChunkBytes), uint64(len(r.image)))
	nodes.Sometimes(env, end-offset < uint64(len(r.image)), markChunked)
	r.out.part = SnapshotPart{Slot: r.base, Size: r.snapshot.size, Sum: r.snapshot.sum, Offset: offset, Data: r.image[offset:end]}
	env.Send(to, &r.out.part)
}

// onChosen learns, and asks on if there is more.
func (r *Replica) onChosen(env nodes.Env, from nodes.ID, m *Chosen) {
	before := r.commit
	r.learn(env, m.First, m.Values)
	nodes.Sometimes(env, r.commit > before, markCaughtUp)
	if r.commit > before && m.Commit > r.commit {
		r.sendCatchUp(env, from)
	}
}

// onSnapshotPart puts a snapshot together.
func (r *Replica) onSnapshotPart(env nodes.Env, from nodes.ID, m *SnapshotPart) {
	in := &r.incoming
	if m.Slot <= r.commit || r.saving.slot >= m.Slot {
		return
	}
	if m.Slot != in.slot || m.Sum != in.sum || m.Size != in.size {
		*in = incoming{slot: m.Slot, size: m.Size, sum: m.Sum}
	}
	if m.Offset != uint64(len(in.data)) || m.Size > maxSnapshot || m.Offset+uint64(len(m.Data)) > m.Size || len(m.Data) == 0 {
		return // a part that we have, or nonsense
	}
	in.data = append(in.data, m.Data...)
	if uint64(len(in.data)) < in.size {
		r.sendCatchUp(env, from)
		return
	}
	image := in.data
	whole := crc32.Checksum(image, castagnoli) == in.sum
	r.incoming = incoming{}
	if !whole {
		return // parts of two snapshots: once more, from the beginning
	}
	state, err := r.machine.restore(image)
	if err != nil || state.applied != m.Slot {
		return
	}
	r.saveSnapshot(env, image, saving{slot: m.Slot, state: &state, from: from})
}
