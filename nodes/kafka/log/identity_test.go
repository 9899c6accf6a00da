package log_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

func TestADirectoryBelongsToOneBrokerOfOneCluster(t *testing.T) {
	b, _ := open(t, newDisk(), log.Options{})
	require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1}))
	require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1, Cluster: "c"}), "while the first is being written")
	b.d.settle(t, b.Manager)
	b.again(t, vdisk.LoseUnsynced)
	p, err := b.d.ReadFile("meta.properties")
	require.NoError(t, err)
	require.Equal(t, "#\nversion=0\nbroker.id=1\ncluster.id=c\n", string(p))

	require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1}))
	require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1, Cluster: "c"}))
	require.Len(t, b.d.syncs, 1, "nothing is written anew: this is the directory's own")
	require.EqualError(t, b.Claim(b.d, log.Identity{Broker: 2}),
		"log: this directory has broker.id=1 in meta.properties, and the broker is configured with 2: correct broker.id, or log.dirs; or remove the directory if its data is not needed")
	err = b.Claim(b.d, log.Identity{Broker: 1, Cluster: "d"})
	require.EqualError(t, err,
		"log: this directory has cluster.id=c in meta.properties, and the broker is configured with d: zookeeper.connect may name another cluster's ZooKeeper, or log.dirs another cluster's directory")
	var e *log.IdentityError
	require.ErrorAs(t, err, &e)
}

func TestWhatABrokerDoesNotKnowOfItsIdentityStays(t *testing.T) {
	for text, want := range map[string]string{
		"version=0\nbroker.id=7\n":                   "",
		"#\n#Sat\nbroker.id=7\nversion=0\nrack=r1\n": "",
		"version=1\nnode.id=7\n":                     `log: meta.properties: version is "1", not 0, as brokers have it that are controlled through ZooKeeper; put right what it says if you know whose directory this is`,
		"version=0\nbroker.id=x\n":                   `log: meta.properties: broker.id is "x", not a number; put right what it says if you know whose directory this is`,
		"":                                           `log: meta.properties: version is "", not 0, as brokers have it that are controlled through ZooKeeper; put right what it says if you know whose directory this is`,
	} {
		d := newDisk()
		require.NoError(t, d.WriteAt("meta.properties", []byte(text), 0))
		b, _ := open(t, d, log.Options{})
		err := b.Claim(d, log.Identity{Broker: 7, Cluster: "c"})
		if want != "" {
			require.EqualError(t, err, want)
			continue
		}
		require.NoError(t, err)
		d.settle(t, b.Manager)
		p, err := d.ReadFile("meta.properties")
		require.NoError(t, err)
		require.Contains(t, string(p), "cluster.id=c\n")
		if len(text) > 30 {
			require.Contains(t, string(p), "rack=r1\n")
		}
	}
}

func TestAClaimThatACrashCutsShortIsMadeOrNot(t *testing.T) {
	for _, mode := range []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSubset, vdisk.Torn} {
		for point := range 6 {
			b, _ := fresh(t, small, log.Quirks{})
			b.d.changes = point
			diesIn(func() {
				require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1}))
				b.d.settle(t, b.Manager)
			})
			b.again(t, mode)
			require.NoError(t, b.Claim(b.d, log.Identity{Broker: 1, Cluster: "c"}), "%v after %d changes", mode, point)
		}
	}
}

func TestAPartitionKeepsItsTopicID(t *testing.T) {
	one, two := log.TopicID{1, 2, 3}, log.TopicID{4}
	b, l := fresh(t, small, log.Quirks{})
	require.Equal(t, log.TopicID{}, l.TopicID())
	require.NoError(t, l.SetTopicID(b.d, one))
	require.NoError(t, l.SetTopicID(b.d, one))
	b.d.settle(t, b.Manager)
	p, err := b.d.ReadFile("t-0/partition.metadata")
	require.NoError(t, err)
	require.Equal(t, "version: 0\ntopic_id: AQIDAAAAAAAAAAAAAAAAAA\n", string(p))

	l, _ = b.again(t, vdisk.LoseUnsynced)
	require.Equal(t, one, l.TopicID())
	err = l.SetTopicID(b.d, two)
	require.ErrorContains(t, err, "t-0 is of topic id AQIDAAAAAAAAAAAAAAAAAA, not BAAAAAAAAAAAAAAAAAAAAA")
	require.Equal(t, record.Code(103), record.CodeOf(err))

	require.NoError(t, b.d.WriteAt("t-0/partition.metadata", []byte("version: 1"), 0))
	_, report := b.again(t, vdisk.LoseNothing)
	require.ErrorContains(t, report.Failed[0].Err, "partition.metadata is corrupt")
}

func TestATopicIDOutlivesACrashOrWasNeverThere(t *testing.T) {
	prepare := func() (*broker, *log.Log) { return fresh(t, small, log.Quirks{}) }
	everyPoint(t, prepare, func(b *broker, l *log.Log) {
		require.NoError(t, l.SetTopicID(b.d, log.TopicID{9}))
		require.NoError(t, b.Delete(b.d, tp)) // waits for it
		b.d.settle(t, b.Manager)
	}, func(where string, l *log.Log) {
		if l != nil {
			require.Contains(t, []log.TopicID{{}, {9}}, l.TopicID(), where)
		}
	})
}

func TestTheLargestTimestampIsAmongWhatMayBeSeen(t *testing.T) {
	for _, c := range []log.Config{{}, {SegmentBytes: 150, IndexInterval: 1}, {IndexInterval: 1}} {
		c.RetentionTime = -1
		b, l := fresh(t, c, log.Quirks{})
		_, ok, err := l.MaxTimestamp(b.d, log.LogEnd)
		require.NoError(t, err)
		require.False(t, ok)
		times := []int{50, 90, 20, 90, 70, 95, 10}
		for i, ms := range times {
			b.lead(t, l, ms, plain(ms, "k=v", "l=w"), int32(i+1))
		}
		best := func(from, to int64) (offset int64, ms int) {
			offset, ms = -1, -1
			for o := from; o < to; o++ {
				if times[o/2] > ms {
					offset, ms = o, times[o/2]
				}
			}
			return offset, ms
		}
		check := func() {
			for hw := int64(0); hw <= 14; hw += 2 {
				l.SetHighWatermark(hw)
				f, ok, err := l.MaxTimestamp(b.d, log.ReadUncommitted)
				require.NoError(t, err)
				offset, ms := best(l.StartOffset(), l.HighWatermark())
				require.Equal(t, offset >= 0, ok, "below %d", hw)
				if ok {
					require.Equal(t, log.Found{Offset: offset, Time: at(ms).UnixMilli(), Epoch: int32(offset/2 + 1)}, f, "from %d below %d", l.StartOffset(), hw)
				}
			}
		}
		check()
		for _, start := range []int64{3, 4, 11} {
			_, err := l.DeleteRecords(b.d, epoch, start)
			require.NoError(t, err)
			b.d.settle(t, b.Manager)
			check()
		}
		require.NoError(t, l.Flush(b.d))
		b.d.settle(t, b.Manager)
		l, _ = b.again(t, vdisk.LoseNothing)
		check()
	}
}
