package scenarios

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
	"orrery/sim"
)

// bitten is a universe in which all went well, at its end: a partition, its leader, and one of its followers.
type bitten struct {
	t        *testing.T
	g        *kafkaWatch
	p        *kafkaPart
	leader   *kafkaReplica
	follower *kafkaReplica
}

// machine is that of a replica.
func (b *bitten) machine(r *kafkaReplica) *sim.Machine { return b.g.k.w.U.Machine(r.id) }

// glance is a replica as its broker shows it, for the ghost to see once more.
func (b *bitten) glance(r *kafkaReplica) (now replica.Glance) {
	b.g.glancing.m = b.machine(r)
	b.g.k.of(r.id).Replicas().Glances(func(g replica.Glance) {
		if g.Partition == b.p.tp {
			now = g
		}
	})
	require.NotNil(b.t, now.Log)
	return now
}

// overwrite changes the last batch of a replica's log on its disk, where its broker does not look. resealed makes its checksum right again.
func (b *bitten) overwrite(r *kafkaReplica, resealed bool, change func(batch []byte)) {
	segments := b.glance(r).Log.Segments()
	name := fmt.Sprintf("%s/%020d.log", b.p.tp, segments[len(segments)-1].Base)
	d := b.machine(r).Disk()
	all, err := d.ReadFile(name)
	require.NoError(b.t, err)
	at := 0
	for rest := all; len(rest) > 0; {
		_, after, err := record.Next(rest)
		require.NoError(b.t, err)
		at, rest = len(all)-len(rest), after
	}
	batch := bytes.Clone(all[at:])
	change(batch)
	if resealed {
		binary.BigEndian.PutUint32(batch[checksumAt:], crc32.Checksum(batch[checksumAt+4:], crc32.MakeTable(crc32.Castagnoli)))
	}
	require.NoError(b.t, d.WriteAt(name, batch, int64(at)))
}

// reread has the ghost read a replica's log anew.
func (b *bitten) reread(r *kafkaReplica) {
	b.g.moved(b.p, r, b.machine(r), b.glance(r).Log, true)
}

// Where the leader epoch and the checksum are in a batch. The checksum is of what follows it.
const leaderEpochAt, checksumAt = 12, 17

// Every rule that holds of the log whatever is planted, and that no defect of the museum has broken first, is seen to notice what it is there for.
func TestTheGhostOfTheLogBites(t *testing.T) {
	for property, harm := range map[string]func(*bitten){
		kafkaLogFile: func(b *bitten) {
			b.overwrite(b.follower, false, func(batch []byte) { batch[len(batch)-1] ^= 1 })
			b.reread(b.follower)
		},
		kafkaEpochCache: func(b *bitten) {
			b.overwrite(b.follower, false, func(batch []byte) { binary.BigEndian.PutUint32(batch[leaderEpochAt:], 77) })
			b.reread(b.follower)
		},
		kafkaPrefix: func(b *bitten) {
			b.overwrite(b.follower, true, func(batch []byte) { batch[len(batch)-2] ^= 1 })
			b.reread(b.follower)
		},
		kafkaMatching: func(b *bitten) {
			b.p.committed[b.follower.copy.end-1].hash ^= 1
			b.follower.match = 0
			now := b.glance(b.follower)
			b.g.watermarks(b.p, b.follower, now, now.Log.HighWatermark(), now.Log.LastStableOffset())
		},
		kafkaBounds: func(b *bitten) {
			now := b.glance(b.leader)
			b.g.watermarks(b.p, b.leader, now, now.Log.EndOffset()+1, now.Log.LastStableOffset())
		},
		kafkaHWFalls: func(b *bitten) {
			b.leader.hw++
			now := b.glance(b.leader)
			b.g.watermarks(b.p, b.leader, now, now.Log.HighWatermark(), now.Log.LastStableOffset())
		},
		kafkaWeakISR: func(b *bitten) {
			b.p.state.ISR = []int32{b.leader.broker} // the stored one; the leader counts on the follower yet
			b.follower.copy.end--
			b.follower.match--
			now := b.glance(b.leader)
			b.g.leads(b.p, b.leader, now, b.leader.hw)
		},
		kafkaOneLeader: func(b *bitten) {
			now := b.glance(b.follower)
			now.Leading = true
			b.g.told(b.p, b.follower, now, b.machine(b.follower))
		},
		kafkaController: func(b *bitten) {
			for _, id := range b.g.k.brokers {
				if epoch, ok := b.g.k.of(id).Controller().Active(); ok {
					b.g.controls(b.g.k.brokers[0], epoch)
					b.g.controls(b.g.k.brokers[1], epoch)
				}
			}
		},
		kafkaFenced: func(b *bitten) {
			at, e := b.numbered()
			b.p.producers[e.pid] = kafkaProducer{epoch: e.pepoch + 1}
			b.g.commits(b.p, at)
		},
		kafkaSequence: func(b *bitten) { // the same once more
			at, _ := b.numbered()
			b.g.commits(b.p, at)
		},
	} {
		t.Run(property, func(t *testing.T) {
			require.Equal(t, property, bite(t, kafkaLogShape(), harm))
		})
	}
}

func TestTheGhostOfCompactionBites(t *testing.T) {
	for property, harm := range map[string]func(*bitten){
		kafkaLastKept: func(b *bitten) {
			at := b.last()
			b.leader.copy.entries[at-b.leader.copy.first].present = false
			b.g.lasts(b.p, b.leader, at+1)
		},
		kafkaCompacted: func(b *bitten) {
			got := map[int64]bool{}
			for at := range b.p.committed {
				got[int64(at)] = int64(at) != b.last()
			}
			err := b.g.latest(client.TopicPartition{Topic: b.p.tp.Topic, Partition: b.p.tp.Partition}, got)
			require.NotNil(b.t, err)
			b.g.violate(err.Property, "%s", err.Detail)
		},
	} {
		t.Run(property, func(t *testing.T) {
			require.Equal(t, property, bite(t, kafkaCompactionShape(), harm))
		})
	}
}

// last is the last record of some key that is committed and is no tombstone.
func (b *bitten) last() int64 {
	seen := map[uint64]bool{}
	for at := int64(len(b.p.committed)) - 1; at >= 0; at-- {
		e := b.p.committed[at]
		if e.present && !e.txn && !seen[e.key] && e.value >= 0 && e.key != 0 {
			return at
		}
		seen[e.key] = true
	}
	b.t.Fatal("no key has a value")
	return 0
}

// numbered is the last record that is committed whose producer numbers what it sends.
func (b *bitten) numbered() (at int64, e kafkaEntry) {
	for at = int64(len(b.p.committed)) - 1; at >= 0; at-- {
		if e = b.p.committed[at]; e.present && e.pid >= 0 && e.seq >= 0 {
			return at, e
		}
	}
	b.t.Fatal("nothing that is committed has a number")
	return 0, e
}

// bite runs a universe without faults, harms what there is at its end, and tells which property the ghost then says is broken.
func bite(t *testing.T, shape *kafkaShape, harm func(*bitten)) (property string) {
	done := false
	shape.atEnd = func(l *kafkaLoad) error {
		b := &bitten{t: t, g: l.k.watch}
		if done = b.find(); done {
			harm(b)
		}
		if v := l.k.w.U.Violation(); v != nil {
			property = v.Property
		}
		return nil
	}
	for seed := uint64(1); seed < 20 && !done; seed++ {
		_, err := kafkaScenario(shape).Run(trial.Options{Seed: seed, Nemesis: []string{}})
		require.NoError(t, err)
	}
	require.True(t, done, "in no universe is there a partition with a follower")
	return property
}

// find looks for a partition that is led, followed and written to by a producer that numbers its records.
func (b *bitten) find() bool {
	for _, p := range b.g.parts {
		if !p.known || p.compacted != (b.g.k.shape.name == "kafka-compaction") || len(p.replicas) < 2 || p.state.Leader < 1 {
			continue
		}
		b.p, b.leader, b.follower = p, p.order[p.state.Leader-1], nil
		for _, id := range p.state.ISR {
			if id != p.state.Leader {
				b.follower = p.order[id-1]
			}
		}
		for _, e := range p.committed {
			if b.follower != nil && e.present && e.value >= 0 && e.pid >= 0 && e.seq >= 0 && b.follower.copy.end == b.leader.copy.end {
				return true
			}
		}
	}
	return false
}
