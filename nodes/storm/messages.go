package storm

import (
	"encoding/binary"

	"orrery/nodes"
	"orrery/nodes/internal/wire"
)

// Type is what a Transfer is: a tuple, or one of the system's streams.
type Type uint8

// The types of transfer. Init to Reset go to ackers, Acked and Failed from them to spouts.
const (
	Data   Type = iota + 1 // a tuple
	Init                   // __ack_init: a root, and the XOR of the edges that its spout has made
	Ack                    // __ack_ack
	Fail                   // __ack_fail
	Reset                  // __ack_reset_timeout
	Acked                  // the tree of a root is complete
	Failed                 // a bolt has failed it
)

var typeNames = [...]string{"?", "TUPLE", "ACK_INIT", "ACK_ACK", "ACK_FAIL", "RESET_TIMEOUT", "ACKED", "FAILED"}

// Anchor ties a tuple to a root: Edge is what acking the tuple takes out of the root's XOR.
type Anchor struct{ Root, Edge uint64 }

// Transfer is what one task sends another. From, Session and Seq say which of all transfers to task To it is: Session is
// drawn anew whenever a task is launched, Seq counts from 1.
type Transfer struct {
	Type         Type
	From, To     int32
	Session, Seq uint64
	Root, Val    uint64 // of the system's streams
	Stream       string // of a tuple
	Anchors      []Anchor
	Values       Values
}

// The other messages: between a supervisor and its slots, between workers, between nimbuses, and of whoever asks a machine
// that is no part of Storm.
type (
	// Launch tells a slot to run these tasks, and no others.
	Launch struct {
		Topology string
		Version  uint64 // of the assignment
		Tasks    []int32
	}
	// Stop tells a slot to run nothing.
	Stop struct{}
	// Beat tells a slot's supervisor what it runs: the local heartbeat.
	Beat struct {
		Topology string // "" for nothing
		Tasks    []int32
	}
	// Hello asks another worker of the topology whether it can take tuples.
	Hello struct{ Topology string }
	// Welcome says that it can.
	Welcome struct{ Topology string }
	// Pressure tells the workers of a topology whether one of a worker's queues is above its high watermark, or back
	// below its low one. It is repeated, and forgotten if it is not.
	Pressure struct {
		Topology  string
		Congested bool
	}
	// NeedBlob asks another nimbus for the code of a topology.
	NeedBlob struct{ Topology string }
	// Blob is that code, here no more than its name: every machine has the program.
	Blob struct{ Topology string }
	// Ask asks a machine outside, and Reply answers it: see [Context.Ask].
	Ask struct {
		N    uint64
		What string
		Args Values
	}
	// Reply answers the Ask of the same N.
	Reply struct {
		N      uint64
		OK     bool
		Values Values
	}
)

// Kind implements nodes.Message.
func (m *Transfer) Kind() string {
	if int(m.Type) >= len(typeNames) {
		return typeNames[0]
	}
	return typeNames[m.Type]
}

// Kind implements nodes.Message.
func (*Launch) Kind() string { return "LAUNCH" }

// Kind implements nodes.Message.
func (*Stop) Kind() string { return "STOP" }

// Kind implements nodes.Message.
func (*Beat) Kind() string { return "BEAT" }

// Kind implements nodes.Message.
func (*Hello) Kind() string { return "HELLO" }

// Kind implements nodes.Message.
func (*Welcome) Kind() string { return "WELCOME" }

// Kind implements nodes.Message.
func (*Pressure) Kind() string { return "PRESSURE" }

// Kind implements nodes.Message.
func (*NeedBlob) Kind() string { return "NEED_BLOB" }

// Kind implements nodes.Message.
func (*Blob) Kind() string { return "BLOB" }

// Kind implements nodes.Message.
func (*Ask) Kind() string { return "ASK" }

// Kind implements nodes.Message.
func (*Reply) Kind() string { return "REPLY" }

// NewCodec returns the codec of this protocol. Each message that it decodes is a new one, and shares no bytes.
func NewCodec() nodes.Codec { return codec{} }

type codec struct{}

// The first byte of a message: the type of a Transfer, or one of these.
const (
	wireLaunch = 0x20 + iota
	wireStop
	wireBeat
	wireHello
	wireWelcome
	wirePressure
	wireNeedBlob
	wireBlob
	wireAsk
	wireReply
)

// Append implements nodes.Codec.
func (codec) Append(b []byte, message nodes.Message) []byte {
	switch m := message.(type) {
	case *Transfer:
		return appendTransfer(b, m)
	case *Launch:
		b = wire.AppendString(append(b, wireLaunch), m.Topology)
		return appendTasks(binary.AppendUvarint(b, m.Version), m.Tasks)
	case *Stop:
		return append(b, wireStop)
	case *Beat:
		return appendTasks(wire.AppendString(append(b, wireBeat), m.Topology), m.Tasks)
	case *Hello:
		return wire.AppendString(append(b, wireHello), m.Topology)
	case *Welcome:
		return wire.AppendString(append(b, wireWelcome), m.Topology)
	case *Pressure:
		return appendBool(wire.AppendString(append(b, wirePressure), m.Topology), m.Congested)
	case *NeedBlob:
		return wire.AppendString(append(b, wireNeedBlob), m.Topology)
	case *Blob:
		return wire.AppendString(append(b, wireBlob), m.Topology)
	case *Ask:
		b = binary.AppendUvarint(append(b, wireAsk), m.N)
		return AppendValues(wire.AppendString(b, m.What), m.Args)
	case *Reply:
		b = binary.AppendUvarint(append(b, wireReply), m.N)
		return AppendValues(appendBool(b, m.OK), m.Values)
	}
	panic("storm: message of kind " + message.Kind())
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendTasks(b []byte, tasks []int32) []byte {
	b = binary.AppendUvarint(b, uint64(len(tasks)))
	for _, t := range tasks {
		b = binary.AppendUvarint(b, uint64(t))
	}
	return b
}

func appendTransfer(b []byte, m *Transfer) []byte {
	b = append(b, byte(m.Type))
	for _, v := range [...]uint64{uint64(m.From), uint64(m.To), m.Session, m.Seq, m.Root, m.Val} {
		b = binary.AppendUvarint(b, v)
	}
	b = wire.AppendString(b, m.Stream)
	b = binary.AppendUvarint(b, uint64(len(m.Anchors)))
	for _, a := range m.Anchors {
		b = binary.AppendUvarint(binary.AppendUvarint(b, a.Root), a.Edge)
	}
	return AppendValues(b, m.Values)
}

// Decode implements nodes.Codec.
func (codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) == 0 {
		return nil, errMalformed
	}
	r := reader{wire.NewReader(p[1:])}
	m := r.message(p[0])
	if m == nil || !r.Done() {
		return nil, errMalformed
	}
	return m, nil
}

func (r *reader) message(tag byte) nodes.Message {
	switch tag {
	case wireLaunch:
		return &Launch{Topology: r.String(), Version: r.Uint(), Tasks: r.tasks()}
	case wireStop:
		return &Stop{}
	case wireBeat:
		return &Beat{Topology: r.String(), Tasks: r.tasks()}
	case wireHello:
		return &Hello{r.String()}
	case wireWelcome:
		return &Welcome{r.String()}
	case wirePressure:
		return &Pressure{r.String(), r.Uint() == 1}
	case wireNeedBlob:
		return &NeedBlob{r.String()}
	case wireBlob:
		return &Blob{r.String()}
	case wireAsk:
		return &Ask{N: r.Uint(), What: r.String(), Args: r.values()}
	case wireReply:
		return &Reply{N: r.Uint(), OK: r.Uint() == 1, Values: r.values()}
	}
	if tag < byte(Data) || tag > byte(Failed) {
		return nil
	}
	m := &Transfer{Type: Type(tag), From: int32(r.Uint()), To: int32(r.Uint()), Session: r.Uint(), Seq: r.Uint(), Root: r.Uint(), Val: r.Uint()}
	m.Stream = r.String()
	n := r.Uint()
	for i := uint64(0); i < n && !r.Failed(); i++ {
		m.Anchors = append(m.Anchors, Anchor{r.Uint(), r.Uint()})
	}
	m.Values = r.values()
	return m
}
