package scenarios

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Clients that take part in the protocol of groups and do not keep to all of it, as processes do that hang, or die, at the wrong moment. A
// coordinator owes the other members to go on without them.

// rogue is what such a client has of a group.
type rogue struct {
	c          *kafkaClient
	member     string
	generation int32
	leads      bool
	claim      *kafkaClaim // nil: it says nothing of what it had
}

// joinAs asks to be let into the group of the readers, on behalf of one who would read all topics.
func (k *kafkaWorld) joinAs(member string) *kmsg.JoinGroupRequest {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Group, r.MemberID, r.ProtocolType = kafkaGroup, member, "consumer"
	r.SessionTimeoutMillis, r.RebalanceTimeoutMillis = int32(k.session/time.Millisecond), int32(kafkaPollInterval/time.Millisecond)
	meta := kmsg.NewConsumerMemberMetadata()
	for _, t := range k.topics {
		meta.Topics = append(meta.Topics, t.name)
	}
	for _, a := range k.assignors() {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = string(a), meta.AppendTo(nil)
		r.Protocols = append(r.Protocols, p)
	}
	return r
}

// pass is a member that starts again after a poll or two. It is not a static one, though others are: with each start the group rebalances.
func (c *kafkaClient) pass(t *task.T, cluster *client.Cluster) {
	c.hasty, c.passing = true, true
	c.member(t, cluster)
}

// relapse is a static member that dies wherever it stands in a rebalance, and is started again at once.
func (c *kafkaClient) relapse(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		life := time.Duration(20+c.draw(kafkaHow, 400)) * time.Millisecond
		c.operation(fmt.Sprintf("be a member, and be dead after %v", life), func() error {
			mortal := client.New(c.config())
			t.Go("poll", func(t *task.T) {
				for r := c.join(mortal, kafkaGroup, false); ; {
					if _, err := r.Poll(t, time.Second); errors.Is(err, client.ErrClosed) || errors.Is(err, client.ErrFenced) {
						return
					}
				}
			})
			t.Sleep(life)
			mortal.Close(t)
			c.reader = nil
			return nil
		})
	}
}

// mute joins the group again and again, never asks what it should read, and sends heartbeats for a while all the same: a member of which the
// thread that polls hangs.
func (c *kafkaClient) mute(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for c.working() {
		c.rest(t)
		r := &rogue{c: c}
		c.operation("join the group, and never sync", func() error { return r.join(t, cluster) })
		if r.generation > 0 {
			c.operation("send heartbeats all the same", func() error { return r.beat(t, cluster, 2*kafkaPollInterval) })
		}
	}
}

// join joins, with the id that it is given the first time (KIP-394).
func (r *rogue) join(t *task.T, cluster *client.Cluster) error {
	for {
		join := r.c.load.k.joinAs(r.member)
		r.claim.put(join)
		got, err := cluster.Coordinate(t, kafkaGroup, join, func(resp kmsg.Response) int16 { return resp.(*kmsg.JoinGroupResponse).ErrorCode })
		if err == nil {
			in := got.(*kmsg.JoinGroupResponse)
			r.generation, r.leads = in.Generation, in.LeaderID == in.MemberID
		}
		if client.CodeOf(err) != proto.MemberIDRequired {
			return err
		}
		r.member = got.(*kmsg.JoinGroupResponse).MemberID
	}
}

// beat sends heartbeats until it is told to stop, or for so long.
func (r *rogue) beat(t *task.T, cluster *client.Cluster, d time.Duration) error {
	for until := t.Monotonic() + d; t.Monotonic() < until; t.Sleep(r.c.load.k.session / 4) {
		h := kmsg.NewPtrHeartbeatRequest()
		h.Group, h.MemberID, h.Generation = kafkaGroup, r.member, r.generation
		_, err := cluster.Coordinate(t, kafkaGroup, h, func(resp kmsg.Response) int16 { return resp.(*kmsg.HeartbeatResponse).ErrorCode })
		switch client.CodeOf(err) {
		case proto.UnknownMemberID, proto.IllegalGeneration, proto.RebalanceInProgress:
			return err
		}
	}
	return nil
}

// vanish asks to be let into the group, as clients of before KIP-394 do: without an id. It is gone before it is told the one that it has got.
func (c *kafkaClient) vanish(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	for n := 1; c.working(); n++ {
		c.rest(t)
		config := c.config()
		config.ClientID = fmt.Sprintf("%s-%d", c.id, n)
		config.Older = map[int16]int16{kmsg.JoinGroup.Int16(): 3}
		life := time.Duration(20+c.draw(kafkaHow, 100)) * time.Millisecond
		c.operation(fmt.Sprintf("ask to be let into the group, and be gone after %v", life), func() error {
			mortal := client.New(config)
			t.Go("join", func(t *task.T) {
				join := c.load.k.joinAs("")
				join.SessionTimeoutMillis, join.RebalanceTimeoutMillis = 300, 0
				_, _ = mortal.Coordinate(t, kafkaGroup, join, func(resp kmsg.Response) int16 { return resp.(*kmsg.JoinGroupResponse).ErrorCode }) // it does not live to hear
			})
			t.Sleep(life)
			mortal.Close(t)
			return nil
		})
	}
}
