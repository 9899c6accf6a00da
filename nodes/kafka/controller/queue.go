package controller

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// queue is what a broker is still to be told. One request is under way at a time, and is repeated until it is answered or the
// broker is gone: so none overtakes another (RequestSendThread).
type queue struct {
	to       int32
	endpoint zk.Endpoint
	epoch    int64 // the broker epoch
	items    []kmsg.Request
	call     uint64 // of the first of items; 0 if it is not under way
}

func (c *Controller) queue(to int32) *queue {
	if i := slices.IndexFunc(c.queues, func(q *queue) bool { return q.to == to }); i >= 0 {
		return c.queues[i]
	}
	return nil
}

func (c *Controller) addQueue(b broker) {
	e, ok := b.Endpoint(c.listener())
	if !ok {
		e, _ = b.Endpoint("")
	}
	c.queues = append(c.queues, &queue{to: b.ID, endpoint: e, epoch: b.epoch})
}

func (c *Controller) dropQueue(env nodes.Env, id int32) {
	env.StopTimer(nodes.Tag{Name: tagRetry, N: uint64(id)})
	c.queues = slices.DeleteFunc(c.queues, func(q *queue) bool { return q.to == id })
}

// send queues a request for a broker. One that is not there needs none: it is told everything when it comes.
func (c *Controller) send(env nodes.Env, to int32, r kmsg.Request) {
	q := c.queue(to)
	if q == nil {
		return
	}
	epoch := q.epoch
	if c.cfg.Quirks.NoBrokerEpoch {
		epoch = -1
	}
	switch r := r.(type) {
	case *kmsg.LeaderAndISRRequest:
		if r.BrokerEpoch = epoch; len(r.TopicStates) == 0 {
			return
		}
	case *kmsg.UpdateMetadataRequest:
		r.BrokerEpoch = epoch
	case *kmsg.StopReplicaRequest:
		r.BrokerEpoch = epoch
	}
	q.items = append(q.items, r)
	c.push(q)
}

func (c *Controller) push(q *queue) {
	if q.call == 0 && len(q.items) > 0 {
		q.call = c.next()
		c.tell(Send{To: q.to, Endpoint: q.endpoint, Call: q.call, Request: q.items[0]})
	}
}

// retry sends again what has not been answered.
func (c *Controller) retry(_ nodes.Env, to int32) {
	if q := c.queue(to); q != nil {
		c.push(q)
	}
}

// queueAnswered takes an answer, and sends the next request.
func (c *Controller) queueAnswered(env nodes.Env, call uint64, resp kmsg.Response, err error) {
	i := slices.IndexFunc(c.queues, func(q *queue) bool { return q.call == call })
	if call == 0 || i < 0 {
		return
	}
	q := c.queues[i]
	q.call = 0
	if err != nil || resp == nil {
		nodes.Reachable(env, "controller: a request to a broker is repeated")
		env.SetTimer(nodes.Tag{Name: tagRetry, N: uint64(q.to)}, c.cfg.RetryBackoff)
		return
	}
	asked := q.items[0]
	q.items = slices.Delete(q.items, 0, 1)
	c.push(q)
	switch resp := resp.(type) {
	case *kmsg.LeaderAndISRResponse:
		c.ledAnswered(q.to, resp)
	case *kmsg.StopReplicaResponse:
		c.stopAnswered(q.to, asked.(*kmsg.StopReplicaRequest), resp)
	}
}

// ledAnswered has replicas taken for dead whose log directory is.
func (c *Controller) ledAnswered(from int32, resp *kmsg.LeaderAndISRResponse) {
	var dead, well []placed
	for _, p := range resp.Partitions {
		r := placed{log.TopicPartition{Topic: p.Topic, Partition: p.Partition}, from}
		switch proto.Code(p.ErrorCode) {
		case proto.KafkaStorageError:
			dead = append(dead, r)
		case proto.None:
			well = append(well, r)
		}
	}
	if len(dead)+len(well) > 0 && proto.Code(resp.ErrorCode) == proto.None {
		c.ctl.enqueue(&dirAnswer{dead: dead, well: well})
	}
}

// stopAnswered takes note of replicas that are deleted, or cannot be: of those that the answer names. One that refuses the request as a whole names none
// (STALE_BROKER_EPOCH, STALE_CONTROLLER_EPOCH). It means the process that has gone, of which the controller hears by itself; when it has, the deletion has
// begun anew, and has not failed.
func (c *Controller) stopAnswered(from int32, asked *kmsg.StopReplicaRequest, resp *kmsg.StopReplicaResponse) {
	a := &deletionAnswer{}
	for _, o := range resp.Partitions {
		r := placed{log.TopicPartition{Topic: o.Topic, Partition: o.Partition}, from}
		switch {
		case !deletes(asked, r.tp):
		case proto.Code(resp.ErrorCode) == proto.None && proto.Code(o.ErrorCode) == proto.None:
			a.deleted = append(a.deleted, r)
		default:
			a.failed = append(a.failed, r)
		}
	}
	if len(a.deleted)+len(a.failed) > 0 {
		c.ctl.enqueue(a)
	}
}

// deletes tells whether a replica is not only to be stopped.
func deletes(r *kmsg.StopReplicaRequest, tp log.TopicPartition) bool {
	return slices.ContainsFunc(r.Topics, func(t kmsg.StopReplicaRequestTopic) bool {
		return t.Topic == tp.Topic && slices.ContainsFunc(t.PartitionStates, func(p kmsg.StopReplicaRequestTopicPartitionState) bool {
			return p.Partition == tp.Partition && p.Delete
		})
	})
}
