package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
	"orrery/nodes/task"
)

// The properties of transactions that are held against the coordinators' journal.
const (
	kafkaHanging = "coordinators-know-what-is-open" // S15, KIP-890: a transaction that is open in a partition its coordinator will end there
	kafkaSteps   = "producer-epochs-rise-one-by-one"
	kafkaJournal = "what-clients-are-told-is-written" // of a transactional id
	kafkaAsked   = "only-what-was-asked-for-commits"  // an EndTxn ends the transaction that it was sent for
	kafkaZombie  = "who-was-replaced-commits-nothing"
	kafkaStray   = "transactions-begin-where-no-end-is-on-its-way" // KAFKA-17754: an EndTxn that nobody has heard of since would end the next one of its epoch
)

// kafkaTxn is what the journal says of a transactional id.
type kafkaTxn struct {
	id    string
	pid   int64
	epoch int16
	state txn.State
	parts []log.TopicPartition
	from  []int64 // where each of these had ended when it was added: markers of transactions before it lie in front of that
}

// storedTxn reads a record of the journal; nil if it is a tombstone.
func storedTxn(r *record.Record) *kafkaTxn {
	var k kmsg.TxnMetadataKey
	var v kmsg.TxnMetadataValue
	if r.Value == nil || k.ReadFrom(r.Key) != nil || v.ReadFrom(r.Value) != nil {
		return nil
	}
	t := &kafkaTxn{id: k.TransactionalID, pid: v.ProducerID, epoch: v.ProducerEpoch, state: txn.State(v.State)}
	for _, topic := range v.Topics {
		for _, p := range topic.Partitions {
			t.parts = append(t.parts, log.TopicPartition{Topic: topic.Topic, Partition: p})
		}
	}
	return t
}

// kafkaTxns is the ghost of the coordinators.
type kafkaTxns struct {
	byID  map[string]*kafkaTxn
	users map[string][]*kafkaUser
}

// kafkaUser is a producer that a client has made for a transactional id.
type kafkaUser struct {
	c        *kafkaClient
	p        *client.Producer
	ready    bool // it has its id
	replaced bool // another one was made since, and has its id
	asked    bool // that the transaction be committed
	pid      int64
	epoch    int16
	member   client.GroupMetadata // whose offsets it commits
}

// journals takes a committed record of the journal.
func (g *kafkaWatch) journals(t *kafkaTxn) {
	was := g.txns.byID[t.id]
	g.txns.byID[t.id] = t
	t.joins(g, was)
	if g.lossyOffsets() {
		return
	}
	if was != nil && t.pid == was.pid {
		g.k.w.Asked(kafkaSteps)
		if t.epoch > was.epoch+1 {
			g.violate(kafkaSteps, "the epoch of %s (producer %d) goes from %d to %d", t.id, t.pid, was.epoch, t.epoch)
		}
	}
	if t.state != txn.PrepareCommit {
		return
	}
	for _, u := range g.txns.users[t.id] {
		if u.ready && u.pid == t.pid && u.epoch == t.epoch {
			g.k.w.Asked(kafkaAsked)
			if !u.asked {
				g.violate(kafkaAsked, "the transaction of %s in epoch %d is committed, and %s, whose it is, has not asked for that", t.id, t.epoch, u.c.id)
			}
		}
	}
}

// opens looks at what a leader has appended: a transaction that begins there is one that the coordinator will end there.
func (g *kafkaWatch) opens(p *kafkaPart, r *kafkaReplica, now replica.Glance, from int64) {
	if !r.copy.txns || !now.Leading || now.Epoch != p.state.LeaderEpoch || g.lossyOffsets() { // a deposed leader's append will be cut off
		return
	}
	for at := from; at < r.copy.end; at++ {
		e := r.copy.entry(at)
		if !e.txn || e.control || r.copy.within(e.pid, at) {
			continue
		}
		g.k.w.Asked(kafkaHanging)
		t := g.txns.of(e.pid)
		if t == nil || t.epoch < e.pepoch || !slices.Contains(t.parts, p.tp) || t.state != txn.Ongoing && t.state != txn.PrepareCommit && t.state != txn.PrepareAbort {
			g.violate(kafkaHanging, "%s begins a transaction of producer %d (epoch %d) at %d of %s, and the coordinator says %s", r.id, e.pid, e.pepoch, at, p.tp, t.says())
			return
		}
		g.behind(p, r, t, e, at)
	}
}

func (t *kafkaTxn) says() string {
	if t == nil {
		return "that there is none"
	}
	return fmt.Sprintf("%v in epoch %d, of %v", t.state, t.epoch, t.parts)
}

// of is what the journal says of a producer id.
func (x *kafkaTxns) of(pid int64) *kafkaTxn {
	for _, t := range x.byID {
		if t.pid == pid {
			return t
		}
	}
	return nil
}

// within tells whether a producer has a transaction open before an offset.
func (c *kafkaCopy) within(pid, before int64) bool {
	return openAtTheEnd(c.entries[:max(before-c.first, 0)], pid)
}

// openAtTheEnd tells whether a producer has a transaction open behind some records.
func openAtTheEnd(records []kafkaEntry, pid int64) bool {
	for _, e := range slices.Backward(records) {
		if e.txn && e.pid == pid {
			return !e.control
		}
	}
	return false
}

// begins makes a transactional producer of a name and gets its id. Whoever had the id before that is replaced.
func (c *kafkaClient) begins(t *task.T, cluster *client.Cluster, id string) (*kafkaUser, error) {
	x := &c.load.k.watch.txns
	u := &kafkaUser{c: c}
	u.p = client.NewProducer(cluster, client.ProducerConfig{TransactionalID: id, TransactionTimeout: c.lasts(), DeliveryTimeout: c.load.k.patience(2500 * time.Millisecond)})
	var before []*kafkaUser
	for _, o := range x.users[id] {
		if o.ready {
			before = append(before, o)
		}
	}
	x.users[id] = append(x.users[id], u)
	if err := u.p.InitTransactions(t); err != nil {
		return u, err
	}
	u.ready = true
	u.pid, u.epoch = u.p.ID()
	for _, o := range before {
		o.replaced = true
	}
	g := c.load.k.watch
	if now := x.byID[id]; !g.lossyOffsets() {
		g.k.w.Asked(kafkaJournal)
		if now == nil || now.pid == u.pid && now.epoch < u.epoch {
			g.violate(kafkaJournal, "%s is told that it is producer %d in epoch %d for %s, and the journal says %s", c.id, u.pid, u.epoch, id, now.says())
		}
	}
	return u, nil
}

// begin begins a transaction.
func (u *kafkaUser) begin(t *task.T) error {
	stray, pid, epoch := u.p.Stray(), u.pid, u.epoch
	err := u.p.Begin(t)
	u.pid, u.epoch = u.p.ID()
	u.asked = u.asked && err != nil
	g := u.c.load.k.watch
	if stray && err == nil {
		g.k.w.Asked(kafkaStray)
		if u.pid == pid && u.epoch == epoch {
			g.violate(kafkaStray, "%s begins a transaction of producer %d in epoch %d, in which an EndTxn had no answer", u.c.id, pid, epoch)
		}
	}
	return err
}

// commit commits a transaction that something was done in.
func (u *kafkaUser) commit(t *task.T, id string) (client.Outcome, error) {
	g := u.c.load.k.watch
	replaced := u.replaced
	u.asked = true
	outcome, err := u.p.Commit(t)
	if outcome != client.Acknowledged || g.lossyOffsets() {
		return outcome, err
	}
	g.k.w.Asked(kafkaZombie)
	if replaced {
		g.violate(kafkaZombie, "%s commits a transaction of %s, and had been replaced before it asked for that", u.c.id, id)
	}
	g.k.w.Asked(kafkaJournal)
	if now := g.txns.byID[id]; now == nil || now.pid == u.pid && now.epoch == u.epoch && now.state != txn.PrepareCommit && now.state != txn.CompleteCommit {
		g.violate(kafkaJournal, "%s is told that its transaction of %s in epoch %d is committed, and the journal says %s", u.c.id, id, u.epoch, now.says())
	}
	return outcome, err
}

// transact writes some records at a time in transactions, under a name that others use, too.
func (c *kafkaClient) transact(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	id := "notes"
	if !c.load.k.shared {
		id += "-" + string(c.id)
	}
	for c.working() {
		u, err := c.begins(t, cluster, id)
		for c.begun++; err == nil && c.working(); {
			c.rest(t)
			usable := true
			if usable, err = c.note(t, u, id); usable {
				err = nil // it is told what is wrong with the transaction, and goes on with the next one
			}
			if c.draw(kafkaAnew, 8) == 7 {
				break
			}
		}
		u.p.Close(t)
	}
}

// note is one transaction of transact; usable tells whether the producer is of use after that.
func (c *kafkaClient) note(t *task.T, u *kafkaUser, id string) (usable bool, err error) {
	l := c.load
	x := l.k.w.U
	x.BeginOp()
	defer x.EndOp()
	c.begun++
	l.invoked++
	notes := l.k.topics[len(l.k.topics)-1]
	o := kafka.Op{Process: c.process, F: kafka.Work, Status: checker.Fail, Invoke: l.tick(), Return: checker.Never}
	l.transacted = append(l.transacted, o.Invoke)
	if x.Recording() {
		x.NoteInvoke(c.id, "a transaction")
	}
	err = u.begin(t)
	usable = err == nil
	var sent []kafkaSent
	for range 1 + c.draw(kafkaMany, 3) {
		if err != nil {
			break
		}
		l.values++
		s := kafkaSent{part: client.TopicPartition{Topic: notes.name, Partition: int32(l.values) % notes.partitions}, value: l.values}
		o.Mops = append(o.Mops, kafka.Send(tpName(s.part), s.value, kafka.NoOffset))
		c.open = []kafka.Op{o}
		s.sent = u.p.SendTo(t, client.Record{Topic: notes.name, Partition: s.part.Partition, Value: strconv.AppendInt(nil, s.value, 10)})
		sent = append(sent, s)
	}
	for _, s := range sent {
		_ = s.sent.Wait(t)
	}
	outcome := client.Failed
	switch {
	case err != nil:
	case c.draw(kafkaWeak, 4) == 3:
		err = u.p.Abort(t)
	default:
		if outcome, err = u.commit(t, id); outcome == client.Failed && err != nil {
			_ = u.p.Abort(t)
			if !errors.Is(err, client.ErrAbort) { // one that was asked for before may have come first
				outcome = client.Indeterminate
			}
		}
	}
	usable = usable && !errors.Is(err, client.ErrFenced)
	if x.Recording() {
		x.NoteReturn(c.id, fmt.Sprintf("a transaction: %s%s", outcome, because(err)))
	}
	switch outcome {
	case client.Acknowledged:
		l.ok++
		o.Status, o.Return = checker.OK, l.tick()
	case client.Failed:
		o.Return = l.tick()
	default:
		o.Status = checker.Maybe
		l.process++
		o.Process = l.process
	}
	if len(o.Mops) > 0 {
		l.history = append(l.history, o)
	}
	c.open = nil
	return usable, err
}
