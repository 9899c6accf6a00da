package zkinterop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

var open = []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}

// errExpired says that a session is not alive any more.
var errExpired = errors.New("the session has expired")

// session is a client that asks one thing after another, on the bare wire.
type session struct {
	conn     net.Conn
	id       int64
	password []byte
	timeout  int32
	xid      int32
	zxid     int64 // the last that it has seen
	events   []string
}

// connect opens a session at a server, or takes up that of old.
func connect(s *server, old *session) (*session, error) {
	conn, err := net.DialTimeout("tcp", s.client, time.Second)
	if err != nil {
		return nil, err
	}
	c := &session{conn: conn}
	req := proto.ConnectRequest{TimeOut: 30_000, Passwd: make([]byte, 16), HasReadOnly: true}
	if old != nil {
		req.SessionID, req.Passwd, req.LastZxidSeen = old.id, old.password, old.zxid
		c.zxid = old.zxid
	}
	if err := c.send(req.Append(nil)); err != nil {
		return nil, err
	}
	d, err := c.receive()
	if err != nil {
		conn.Close()
		return nil, err
	}
	var r proto.ConnectResponse
	if err := r.Decode(d); err != nil {
		return nil, err
	}
	if r.SessionID == 0 {
		conn.Close()
		return nil, errExpired
	}
	c.id, c.password, c.timeout = r.SessionID, r.Passwd, r.TimeOut
	return c, nil
}

// mustConnect waits until a server takes a new session.
func mustConnect(t testing.TB, s *server) *session {
	var c *session
	var err error
	process.Eventually(t, patience, func() bool { c, err = connect(s, nil); return err == nil },
		func() string { return fmt.Sprintf("%s %d: %v", s.kind, s.id, err) })
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func (c *session) send(b []byte) error {
	_ = c.conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err := c.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func (c *session) receive() (*jute.Decoder, error) {
	var h [4]byte
	if _, err := io.ReadFull(c.conn, h[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(h[:]))
	if _, err := io.ReadFull(c.conn, b); err != nil {
		return nil, err
	}
	return jute.NewDecoder(b), nil
}

// call asks, and returns the answer's header and what follows it. An error says that the connection has ended.
func (c *session) call(op proto.OpCode, req jute.Record) (proto.ReplyHeader, *jute.Decoder, error) {
	c.xid++
	xid := c.xid
	switch op {
	case proto.OpPing:
		xid = proto.XidPing
	case proto.OpAuth:
		xid = proto.XidAuth
	}
	b := (&proto.RequestHeader{Xid: xid, Type: op}).Append(nil)
	if req != nil {
		b = req.Append(b)
	}
	if err := c.send(b); err != nil {
		return proto.ReplyHeader{}, nil, err
	}
	for {
		d, err := c.receive()
		if err != nil {
			return proto.ReplyHeader{}, nil, err
		}
		var h proto.ReplyHeader
		if err := h.Decode(d); err != nil {
			return h, nil, err
		}
		if h.Xid == proto.XidNotification {
			var e proto.WatcherEvent
			if err := e.Decode(d); err != nil {
				return h, nil, err
			}
			c.events = append(c.events, fmt.Sprintf("%s %s", e.Type, e.Path))
			continue
		}
		if h.Xid != xid {
			return h, nil, fmt.Errorf("answer to request %d, want %d", h.Xid, xid)
		}
		c.zxid = max(c.zxid, h.Zxid)
		return h, d, nil
	}
}

// do is call for what should succeed.
func (c *session) do(op proto.OpCode, req, res jute.Record) error {
	h, d, err := c.call(op, req)
	switch {
	case err != nil:
		return err
	case h.Err != proto.CodeOK:
		return fmt.Errorf("%s: %w", op, codeError(h.Err))
	case res == nil:
		return nil
	}
	return res.Decode(d)
}

// codeError is an error that a server has answered: what was asked was not done.
type codeError proto.ErrCode

func (e codeError) Error() string { return proto.ErrCode(e).String() }

func (c *session) create(path, data string, mode proto.CreateMode) (string, error) {
	var r proto.CreateResponse
	err := c.do(proto.OpCreate, &proto.CreateRequest{Path: path, Data: []byte(data), ACL: open, Flags: mode}, &r)
	return r.Path, err
}

func (c *session) set(path, data string) error {
	return c.do(proto.OpSetData, &proto.SetDataRequest{Path: path, Data: []byte(data), Version: -1}, &proto.SetDataResponse{})
}

func (c *session) get(path string) (string, error) {
	var r proto.GetDataResponse
	err := c.do(proto.OpGetData, &proto.GetDataRequest{Path: path}, &r)
	return string(r.Data), err
}

// dump is the whole tree as a server shows it: path, data and Stat of every znode. What servers may differ in,
// below /zookeeper, is left out.
func (c *session) dump(t testing.TB) string {
	require.NoError(t, c.do(proto.OpSync, &proto.SyncRequest{Path: "/"}, &proto.SyncResponse{}))
	var lines []string
	var walk func(path string)
	walk = func(path string) {
		var g proto.GetDataResponse
		require.NoError(t, c.do(proto.OpGetData, &proto.GetDataRequest{Path: path}, &g))
		var ch proto.GetChildren2Response
		require.NoError(t, c.do(proto.OpGetChildren2, &proto.GetChildren2Request{Path: path}, &ch))
		require.Equal(t, g.Stat, ch.Stat)
		lines = append(lines, fmt.Sprintf("%s %q %+v", path, g.Data, g.Stat))
		slices.Sort(ch.Children)
		for _, name := range ch.Children {
			if below := strings.TrimSuffix(path, "/") + "/" + name; below != "/zookeeper" {
				walk(below)
			}
		}
	}
	walk("/")
	return strings.Join(lines, "\n")
}
