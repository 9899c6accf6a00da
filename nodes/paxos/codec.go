package paxos

import (
	"encoding/binary"
	"hash/crc32"

	"orrery/nodes"
)

// A message is its kind as one byte, its fields, and a CRC-32C of both. The sum is not for
// show: UDP's and TCP's let one damaged packet in some thousands pass, and a ballot with
// another round in it breaks everything.
const (
	codeP1a byte = iota + 1
	codeP1b
	codeP2a
	codeP2b
	codeHeartbeat
	codeHeartbeatAck
	codeCatchUp
	codeChosen
	codeSnapshotPart
	codeRequest
	codeReply
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// NewCodec returns the codec of this protocol, for a replica's datagrams and for its
// clients'. A message that it decodes is valid until it decodes the next, and
// shares memory with the bytes it was read from.
func NewCodec() nodes.Codec { return &codec{} }

// codec owns one structure of each kind, into which it decodes.
type codec struct {
	names     names
	p1a       P1a
	p1b       P1b
	p2a       P2a
	p2b       P2b
	heartbeat Heartbeat
	ack       HeartbeatAck
	catchUp   CatchUp
	chosen    Chosen
	part      SnapshotPart
	request   Request
	reply     Reply
}

// Append implements nodes.Codec.
func (c *codec) Append(b []byte, m nodes.Message) []byte {
	start := len(b)
	switch m := m.(type) {
	case *P1a:
		b = appendSlot(appendBallot(append(b, codeP1a), m.Ballot), m.From)
	case *P1b:
		b = appendP1b(append(b, codeP1b), m)
	case *P2a:
		b = appendSlot(appendBallot(append(b, codeP2a), m.Ballot), m.Commit)
		b = appendSlot(binary.AppendUvarint(b, m.Probe), m.First)
		b = appendValues(b, m.Values)
	case *P2b:
		b = appendBallot(appendBallot(append(b, codeP2b), m.Ballot), m.Promised)
		b = appendSlot(binary.AppendUvarint(b, m.Probe), m.First)
		b = appendSlot(appendSlot(b, m.Last), m.Commit)
	case *Heartbeat:
		b = appendSlot(appendBallot(append(b, codeHeartbeat), m.Ballot), m.Commit)
		b = appendBool(appendBool(binary.AppendUvarint(b, m.Probe), m.Ask), m.Lease)
	case *HeartbeatAck:
		b = appendBallot(appendBallot(append(b, codeHeartbeatAck), m.Ballot), m.Promised)
		b = appendBool(appendSlot(binary.AppendUvarint(b, m.Probe), m.Commit), m.Lease)
	case *CatchUp:
		b = appendSlot(appendSlot(append(b, codeCatchUp), m.From), m.Snapshot)
		b = binary.AppendUvarint(b, m.Offset)
	case *Chosen:
		b = appendSlot(append(b, codeChosen), m.First)
		b = appendSlot(appendValues(b, m.Values), m.Commit)
	case *SnapshotPart:
		b = binary.AppendUvarint(appendSlot(append(b, codeSnapshotPart), m.Slot), m.Size)
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(m.Sum)), m.Offset)
		b = appendBytes(b, m.Data)
	case *Request:
		b = binary.AppendUvarint(append(b, codeRequest), m.Session)
		b = appendBytes(binary.AppendUvarint(b, m.Seq), m.Command)
	case *Reply:
		b = binary.AppendUvarint(append(b, codeReply), m.Session)
		b = append(binary.AppendUvarint(b, m.Seq), byte(m.Status))
		b = appendBytes(appendString(b, string(m.Leader)), m.Result)
	default:
		panic("paxos: message of another protocol: " + m.Kind())
	}
	return appendSum(b, start)
}

func appendSum(b []byte, start int) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

func appendP1b(b []byte, m *P1b) []byte {
	b = appendBallot(appendBallot(b, m.Ballot), m.Promised)
	b = appendSlot(appendSlot(appendSlot(b, m.Commit), m.Base), m.Last)
	b = binary.AppendUvarint(b, uint64(len(m.Votes)))
	for i := range m.Votes {
		v := &m.Votes[i]
		b = appendBytes(appendBallot(appendSlot(b, v.Slot), v.Ballot), v.Value)
	}
	return b
}

func appendValues(b []byte, values [][]byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = appendBytes(b, v)
	}
	return b
}

// Decode implements nodes.Codec.
func (c *codec) Decode(p []byte) (nodes.Message, error) {
	body := len(p) - 4
	if body < 1 || crc32.Checksum(p[:body], castagnoli) != binary.LittleEndian.Uint32(p[body:]) {
		return nil, errWire
	}
	r := reader{p: p[1:body:body], names: &c.names}
	m := c.read(p[0], &r)
	if err := r.done(); err != nil || m == nil {
		return nil, errWire
	}
	return m, nil
}

func (c *codec) read(code byte, r *reader) nodes.Message {
	switch code {
	case codeP1a:
		c.p1a = P1a{Ballot: r.ballot(), From: r.slot()}
		return &c.p1a
	case codeP1b:
		c.readP1b(r)
		return &c.p1b
	case codeP2a:
		m := &c.p2a
		m.Ballot, m.Commit, m.Probe, m.First = r.ballot(), r.slot(), r.uint(), r.slot()
		m.Values = readValues(r, m.Values[:0])
		return m
	case codeP2b:
		c.p2b = P2b{Ballot: r.ballot(), Promised: r.ballot(), Probe: r.uint(),
			First: r.slot(), Last: r.slot(), Commit: r.slot()}
		return &c.p2b
	case codeHeartbeat:
		c.heartbeat = Heartbeat{Ballot: r.ballot(), Commit: r.slot(), Probe: r.uint(), Ask: r.bool(), Lease: r.bool()}
		return &c.heartbeat
	case codeHeartbeatAck:
		c.ack = HeartbeatAck{Ballot: r.ballot(), Promised: r.ballot(), Probe: r.uint(), Commit: r.slot(), Lease: r.bool()}
		return &c.ack
	case codeCatchUp:
		c.catchUp = CatchUp{From: r.slot(), Snapshot: r.slot(), Offset: r.uint()}
		return &c.catchUp
	case codeChosen:
		m := &c.chosen
		m.First = r.slot()
		m.Values = readValues(r, m.Values[:0])
		m.Commit = r.slot()
		return m
	case codeSnapshotPart:
		m := &c.part
		m.Slot, m.Size = r.slot(), r.uint()
		sum := r.uint()
		m.Sum, m.Offset, m.Data = uint32(sum), r.uint(), r.bytes()
		if sum>>32 != 0 {
			r.fail()
		}
		return m
	case codeRequest:
		c.request = Request{Session: r.uint(), Seq: r.uint(), Command: r.bytes()}
		return &c.request
	case codeReply:
		c.reply = Reply{Session: r.uint(), Seq: r.uint(), Status: Status(r.byte()), Leader: r.id(), Result: r.bytes()}
		if c.reply.Status >= statuses {
			r.fail()
		}
		return &c.reply
	}
	return nil
}

func (c *codec) readP1b(r *reader) {
	m := &c.p1b
	m.Ballot, m.Promised = r.ballot(), r.ballot()
	m.Commit, m.Base, m.Last = r.slot(), r.slot(), r.slot()
	m.Votes = m.Votes[:0]
	for range r.count(4) { // slot, round, name's length, value's length
		m.Votes = append(m.Votes, Vote{Slot: r.slot(), Ballot: r.ballot(), Value: r.bytes()})
	}
}

func readValues(r *reader, values [][]byte) [][]byte {
	for range r.count(1) {
		values = append(values, r.bytes())
	}
	return values
}
