package kafkainterop

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// member is a consumer in a group, which keeps what it has read.
type member struct {
	cl   *kgo.Client
	mu   sync.Mutex
	seen map[string]int
	end  func()
}

// join makes a member, which reads and commits until its context ends.
func (c *cluster) join(group, topic string, opts ...kgo.Opt) *member {
	m := &member{seen: map[string]int{}}
	m.cl = c.client(append([]kgo.Opt{kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.SessionTimeout(10 * time.Second),
		kgo.HeartbeatInterval(200 * time.Millisecond), kgo.BlockRebalanceOnPoll(), kgo.DisableAutoCommit()}, opts...)...)
	ctx, cancel := context.WithCancel(c.Context())
	over := make(chan struct{})
	m.end = sync.OnceFunc(func() { cancel(); <-over })
	c.Cleanup(m.end)
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			f := m.cl.PollFetches(ctx)
			m.mu.Lock()
			f.EachRecord(func(r *kgo.Record) { m.seen[string(r.Value)]++ })
			m.mu.Unlock()
			if f.NumRecords() > 0 {
				_ = m.cl.CommitUncommittedOffsets(ctx)
			}
			m.cl.AllowRebalance()
		}
	}()
	return m
}

func (m *member) total() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]int{}
	for v, n := range m.seen {
		all[v] = n
	}
	return all
}

// shares are how many partitions each member of a group has, by client id.
func (c *cluster) shares(adm *kadm.Client, group string) (kadm.DescribedGroup, map[string]int) {
	d, err := adm.DescribeGroups(soon(c), group)
	if err != nil || d.Error() != nil {
		return kadm.DescribedGroup{}, nil
	}
	got := map[string]int{}
	for _, m := range d[group].Members {
		got[m.ClientID] = 0
		if a, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range a.Topics {
				got[m.ClientID] += len(t.Partitions)
			}
		}
	}
	return d[group], got
}

// divided waits until the partitions of a group are divided so.
func (c *cluster) divided(adm *kadm.Client, group string, want map[string]int) kadm.DescribedGroup {
	c.Helper()
	var d kadm.DescribedGroup
	var got map[string]int
	c.eventually(time.Minute, func() bool {
		d, got = c.shares(adm, group)
		return d.State == "Stable" && fmt.Sprint(got) == fmt.Sprint(want)
	}, func() string {
		return fmt.Sprintf("%s is %s, divided as %v and not as %v%s", group, d.State, got, want, c.logs())
	})
	return d
}

// Two members divide the partitions, whatever the balancer; one leaves, and the other has them all; no record is read by
// nobody, and none twice by those who commit.
func TestAGroupDividesThePartitions(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	for name, balancer := range map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(),
		"sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer()} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			group := "group-" + name
			c.topic(group, 6, 3, nil)
			producer := c.client(kgo.DefaultProduceTopic(group))
			first := c.join(group, group, kgo.ClientID("first"), kgo.Balancers(balancer))
			c.divided(adm, group, map[string]int{"first": 6})
			second := c.join(group, group, kgo.ClientID("second"), kgo.Balancers(balancer))
			d := c.divided(adm, group, map[string]int{"first": 3, "second": 3})
			require.Equal(t, "consumer", d.ProtocolType)
			require.Equal(t, name, d.Protocol)
			write(t, producer, group, numbers(0, 600)...)
			c.hasAll(first, second, 600)
			second.end()
			second.cl.Close()
			c.divided(adm, group, map[string]int{"first": 6})
			write(t, producer, group, numbers(600, 600)...)
			c.hasAll(first, second, 1_200)
			require.NotEmpty(t, second.total(), "the second has read nothing")

			c.eventually(30*time.Second, func() bool {
				lag, err := adm.Lag(soon(t), group)
				l := lag[group]
				return err == nil && l.Error() == nil && l.Lag.Total() == 0
			}, func() string { return "what was read is not committed" })
			first.end()
			first.cl.Close()
			deleted, err := adm.DeleteGroups(soon(t), group)
			require.NoError(t, err)
			require.NoError(t, deleted.Error())
		})
	}
}

// hasAll waits until two members have read n records, each of them once.
func (c *cluster) hasAll(a, b *member, n int) {
	c.Helper()
	got := map[string]int{}
	c.eventually(time.Minute, func() bool {
		got = a.total()
		for v, times := range b.total() {
			got[v] += times
		}
		return len(got) >= n
	}, func() string { return fmt.Sprintf("%d of %d records were read%s", len(got), n, c.logs()) })
	for v, times := range got {
		require.Equal(c, 1, times, "%q was read %d times", v, times)
	}
}

// A static member comes back as who it was, without a new generation, and who takes its name fences it (KIP-345).
func TestAStaticMemberComesBackAsItself(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("static", 4, 3, nil)
	other := c.join("static", "static", kgo.ClientID("other"), kgo.InstanceID("other"))
	m := c.join("static", "static", kgo.ClientID("mine"), kgo.InstanceID("mine"))
	c.divided(adm, "static", map[string]int{"mine": 2, "other": 2})
	_, generation := other.cl.GroupMetadata()
	m.end()
	m.cl.Close() // a static member does not say that it leaves
	again := c.join("static", "static", kgo.ClientID("again"), kgo.InstanceID("mine"))
	d := c.divided(adm, "static", map[string]int{"again": 2, "other": 2})
	for _, m := range d.Members {
		require.NotNil(t, m.InstanceID)
	}
	_, now := other.cl.GroupMetadata()
	require.Equal(t, generation, now, "there was a rebalance")
	left, err := adm.LeaveGroup(soon(t), kadm.LeaveGroup("static").InstanceIDs("mine").Reason("it is over"))
	require.NoError(t, err)
	require.NoError(t, left.Error())
	again.end()
	c.divided(adm, "static", map[string]int{"other": 4})
}

// Who commits for a generation that is over is told so, and the offset stays.
func TestACommitOfAnOldGenerationIsRefused(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("old", 2, 3, nil)
	m := c.join("old", "old", kgo.ClientID("m"))
	c.divided(adm, "old", map[string]int{"m": 2})
	id, generation := m.cl.GroupMetadata()
	for _, try := range []struct {
		member     string
		generation int32
		why        string
	}{{id, generation + 1, "ILLEGAL_GENERATION"}, {"nobody", generation, "UNKNOWN_MEMBER_ID"}, {"", -1, "UNKNOWN_MEMBER_ID"}} {
		code := commit(t, c, "old", try.member, try.generation)
		require.ErrorContains(t, code, try.why)
	}
	offsets, err := adm.FetchOffsets(soon(t), "old")
	require.NoError(t, err)
	require.Empty(t, offsets, "a refused offset is kept")
	require.NoError(t, commit(t, c, "old", id, generation))
}
