package etcdraft

import (
	"errors"
	"strconv"
	"strings"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"orrery/nodes"
)

// raftMessage is one of the library's messages on its way.
type raftMessage struct{ *pb.Message }

// Kind is the library's own name for the message.
func (m raftMessage) Kind() string { return pb.MessageType_name[int32(m.GetType())] }

// What a client asks for, and the answers. An empty value stands for a key that is not set.
const (
	Get      = "Get"
	Put      = "Put"      // sets Key to Value
	CAS      = "CAS"      // sets Key to Value if it holds Expect
	Done     = "Done"     // the answer; Value is what the key held before
	Mismatch = "Mismatch" // the answer to a CAS that found Value instead
)

// Command is a client's operation, the log entry that carries it out, and the answer. A text must
// not hold a zero byte, which stands between two of them on the wire.
type Command struct {
	Op, Key, Value, Expect string
	Client, Server         nodes.ID // who asked whom; the server fills them in
	Seq                    uint64   // numbers a client's operations; what is sent again keeps its number
}

// Kind is the operation or the answer.
func (c *Command) Kind() string { return c.Op }

// Codec encodes the library's messages as protocol buffers behind a zero, and commands as text.
type Codec struct{}

// Append implements nodes.Codec.
func (Codec) Append(b []byte, m nodes.Message) []byte {
	if r, ok := m.(raftMessage); ok {
		b, _ = proto.MarshalOptions{}.MarshalAppend(append(b, 0), r.Message)
		return b
	}
	c := m.(*Command)
	for _, s := range [...]string{c.Op, c.Key, c.Value, c.Expect, string(c.Client), string(c.Server)} {
		b = append(append(b, s...), 0)
	}
	return strconv.AppendUint(b, c.Seq, 10)
}

// Decode implements nodes.Codec.
func (Codec) Decode(p []byte) (nodes.Message, error) {
	if len(p) > 0 && p[0] == 0 {
		m := &pb.Message{}
		return raftMessage{m}, proto.Unmarshal(p[1:], m)
	}
	return decodeCommand(p)
}

func decodeCommand(p []byte) (*Command, error) {
	f := strings.Split(string(p), "\x00")
	if len(f) != 7 {
		return nil, errors.New("etcdraft: malformed command")
	}
	seq, err := strconv.ParseUint(f[6], 10, 64)
	return &Command{f[0], f[1], f[2], f[3], nodes.ID(f[4]), nodes.ID(f[5]), seq}, err
}
