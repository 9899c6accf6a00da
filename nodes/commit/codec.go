package commit

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"orrery/nodes"
)

// Codec is the codec of this protocol's datagrams; the log holds messages in the same form.
func Codec() nodes.Codec { return codec{} }

type codec struct{}

// inbox is the codec of a machine that receives: its messages are valid only until the next, and it knows the names that come
// again and again.
type inbox struct {
	codec
	m     Message
	names map[string]string
}

// NewCodec is a codec for one machine, which is to look at each message before it decodes the next.
func NewCodec() nodes.Codec { return &inbox{names: make(map[string]string, 16)} }

// Decode implements nodes.Codec.
func (i *inbox) Decode(p []byte) (nodes.Message, error) {
	i.m = Message{}
	if err := decode(p, &i.m, i.names); err != nil {
		return nil, err
	}
	return &i.m, nil
}

// mostNames bounds what an inbox remembers: names come from outside.
const mostNames = 64

var errMalformed = errors.New("commit: malformed message")

// The sum at the end of a message is there so that one which was damaged on its way is lost, and not believed.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	flagYes = 1 << iota
	flagWhole
	flagFrozen
	flagHeuristic
	flagsEnd
)

// Append implements nodes.Codec.
func (codec) Append(b []byte, message nodes.Message) []byte {
	m, start := message.(*Message), len(b)
	flags := byte(0)
	for i, set := range [...]bool{m.Yes, m.Whole, m.Frozen, m.Heuristic} {
		if set {
			flags |= 1 << i
		}
	}
	b = append(b, byte(m.Type), flags, byte(m.State))
	b = appendString(b, string(m.Txn.Coord))
	for _, v := range [...]uint64{m.Txn.Epoch, m.Txn.N, m.Txn.Attempt, m.Request, m.Epoch, m.Floor} {
		b = binary.AppendUvarint(b, v)
	}
	b = appendBallot(appendBallot(b, m.Ballot), m.Promised)
	b = binary.AppendUvarint(b, uint64(len(m.Ops)))
	for _, o := range m.Ops {
		b = appendString(append(b, byte(o.Kind)), o.Key)
		b = binary.AppendVarint(b, o.N)
	}
	b = binary.AppendUvarint(b, uint64(len(m.Peers)))
	for _, p := range m.Peers {
		b = appendString(b, string(p))
	}
	b = binary.AppendUvarint(b, uint64(len(m.Items)))
	for i := range m.Items {
		b = appendItem(b, &m.Items[i])
	}
	b = binary.AppendUvarint(b, uint64(len(m.Instances)))
	for _, i := range m.Instances {
		b = appendBallot(appendString(b, string(i.RM)), i.Ballot)
		b = append(b, 0)
		if i.Prepared {
			b[len(b)-1] = 1
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// Decode implements nodes.Codec.
func (codec) Decode(p []byte) (nodes.Message, error) {
	m := new(Message)
	if err := decode(p, m, nil); err != nil {
		return nil, err
	}
	return m, nil
}

func decode(p []byte, m *Message, names map[string]string) error {
	body := len(p) - 4
	if body < 0 || crc32.Checksum(p[:body], castagnoli) != binary.LittleEndian.Uint32(p[body:]) {
		return errMalformed
	}
	r := reader{p: p[:body], names: names}
	m.Type = Type(r.byte())
	flags := r.byte()
	m.Yes, m.Whole = flags&flagYes != 0, flags&flagWhole != 0
	m.Frozen, m.Heuristic = flags&flagFrozen != 0, flags&flagHeuristic != 0
	m.State = State(r.byte())
	m.Txn = TxnID{Coord: nodes.ID(r.string()), Epoch: r.uint(), N: r.uint(), Attempt: r.uint()}
	m.Request, m.Epoch, m.Floor = r.uint(), r.uint(), r.uint()
	m.Ballot, m.Promised = r.ballot(), r.ballot()
	for n := r.count(); n > 0; n-- {
		m.Ops = append(m.Ops, Op{Kind: OpKind(r.byte()), Key: r.string(), N: r.int()})
	}
	for n := r.count(); n > 0; n-- {
		m.Peers = append(m.Peers, nodes.ID(r.string()))
	}
	for n := r.count(); n > 0; n-- {
		m.Items = append(m.Items, r.item())
	}
	for n := r.count(); n > 0; n-- {
		m.Instances = append(m.Instances, Instance{RM: nodes.ID(r.string()), Ballot: r.ballot(), Prepared: r.byte() == 1})
	}
	if r.bad || len(r.p) > 0 || m.Type < Begin || m.Type > lastType || flags >= flagsEnd || m.State > Aborted {
		return errMalformed
	}
	return nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBallot(b []byte, x Ballot) []byte {
	return appendString(binary.AppendUvarint(b, x.Round), string(x.Node))
}

func appendItem(b []byte, i *Item) []byte {
	b = binary.AppendVarint(appendString(b, i.Key), i.Amount)
	b = binary.AppendUvarint(b, uint64(len(i.List)))
	for _, v := range i.List {
		b = binary.AppendVarint(b, v)
	}
	return b
}

// reader takes an encoding apart; after the first mistake it yields zeros.
type reader struct {
	p     []byte
	bad   bool
	names map[string]string // known ones; nil if none are kept
}

func (r *reader) fail() { r.p, r.bad = nil, true }

func (r *reader) byte() byte {
	if len(r.p) == 0 {
		r.fail()
		return 0
	}
	v := r.p[0]
	r.p = r.p[1:]
	return v
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.p)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.p = r.p[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.p)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.p = r.p[n:]
	return v
}

// count is the length of a list, of which each element takes a byte at least.
func (r *reader) count() uint64 {
	n := r.uint()
	if n > uint64(len(r.p)) {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) string() string {
	n := r.count()
	p := r.p[:n]
	r.p = r.p[n:]
	if s, known := r.names[string(p)]; known {
		return s
	}
	s := string(p)
	if r.names != nil && len(r.names) < mostNames {
		r.names[s] = s
	}
	return s
}

func (r *reader) ballot() Ballot { return Ballot{Round: r.uint(), Node: nodes.ID(r.string())} }

func (r *reader) item() Item {
	i := Item{Key: r.string(), Amount: r.int()}
	n := r.count()
	if n > 0 {
		i.List = make([]int64, n)
	}
	for k := range i.List {
		i.List[k] = r.int()
	}
	return i
}
