package scenarios

import (
	"encoding/binary"

	"orrery/nodes"
)

// framed is the machine of a client that speaks in frames to servers that read a stream, because its first bytes may be a
// four-letter word. In the simulator both ends of a connection must be of one kind, so the lengths are written and read here.
type framed struct {
	nodes.Env
	in *[]byte
}

// Dial implements nodes.Env.
func (e framed) Dial(to nodes.Addr, _ nodes.Framing) nodes.Conn {
	*e.in = nil
	return e.Env.Dial(to, nodes.Framing{Stream: true})
}

// Write implements nodes.Env.
func (e framed) Write(c nodes.Conn, p []byte) error {
	return e.Env.Write(c, append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(p)), uint32(len(p))), p...))
}

// frame takes the next whole frame of what has come; nil if there is none.
func (e framed) frame() []byte {
	in := *e.in
	if len(in) < 4 {
		return nil
	}
	n := 4 + int(binary.BigEndian.Uint32(in))
	if len(in) < n {
		return nil
	}
	*e.in = in[n:]
	return in[4:n]
}
