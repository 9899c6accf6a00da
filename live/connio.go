package live

import (
	"bufio"
	"errors"
	"io"
	"net"
	"time"

	"orrery/nodes"
)

// streamChunk is the most that is read from a Stream at once, in bytes.
const streamChunk = 32 << 10

// write queues one frame, or some bytes of a Stream.
func (c *conn) write(p []byte) error {
	if c.framing.Stream {
		if len(p) > 0 {
			c.out.put(append([]byte(nil), p...))
		}
		return nil
	}
	if len(p) > longest(c.framing.Max()) {
		return nodes.ErrFrame
	}
	c.out.put(append(appendHeader(make([]byte, 0, headerSize+len(p)), len(p)), p...))
	return nil
}

// writeChunk is how much is written before Unsent tells of it, in bytes, but for one frame.
const writeChunk = 1 << 20

// send empties the outbox into the socket. When the node has closed the connection, it tells the
// other side after the last byte, and gives it some time to hear.
func (c *conn) send(nc net.Conn) error {
	for {
		frames, ok := c.out.take(c.gone)
		if !ok {
			break
		}
		for len(frames) > 0 {
			part := chunk(frames)
			frames = frames[len(part):]
			if err := c.sendPart(nc, part); err != nil {
				return err
			}
		}
	}
	if t, is := nc.(*net.TCPConn); is {
		_ = t.CloseWrite()
	}
	return nc.SetReadDeadline(time.Now().Add(linger))
}

func (c *conn) sendPart(nc net.Conn, part net.Buffers) error {
	if c.deaf.Load() {
		_ = nc.SetWriteDeadline(time.Now().Add(linger))
	}
	n := size(part)
	_, err := part.WriteTo(nc)
	c.out.sent(n)
	if err == nil {
		return nil
	}
	c.out.abort()
	if c.deaf.Load() {
		c.p.sockets.close(nc) // nobody will see its end
	}
	return err
}

// chunk is a first part of frames, of a chunk or one frame.
func chunk(frames [][]byte) net.Buffers {
	n := len(frames[0])
	for i, f := range frames[1:] {
		if n += len(f); n > writeChunk {
			return frames[: 1+i : 1+i]
		}
	}
	return frames
}

// read hands what comes in to the loop, in order, until the connection ends. After the node has
// closed it, what comes in is thrown away: a socket that is closed with bytes
// unread resets the connection, and destroys what is still on its way to the other side.
func (c *conn) read(nc net.Conn) error {
	next := c.frames(nc)
	if c.framing.Stream {
		next = c.chunks(nc)
	}
	for !c.deaf.Load() {
		b, err := next()
		if len(b) > 0 || err == nil && !c.framing.Stream {
			c.ahead.acquire(len(b))
			c.p.inbox.put(func() { c.received(b) })
		}
		switch {
		case errors.Is(err, nodes.ErrFrame):
			c.reset()
			return err
		case err != nil:
			return err
		}
	}
	_, err := io.Copy(io.Discard, nc)
	return err
}

// frames reads frame by frame.
func (c *conn) frames(nc net.Conn) func() ([]byte, error) {
	r := bufio.NewReaderSize(nc, streamChunk)
	return func() ([]byte, error) { return readFrame(r, c.framing.Max()) }
}

// chunks reads whatever there is.
func (c *conn) chunks(nc net.Conn) func() ([]byte, error) {
	return func() ([]byte, error) {
		b := make([]byte, streamChunk)
		n, err := nc.Read(b)
		return b[:n], err
	}
}
