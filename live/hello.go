package live

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"orrery/nodes"
)

// protocolVersion is the version of the datagram protocol that this program speaks.
const protocolVersion = 1

const (
	helloMagic   = "orrery"
	helloTimeout = 5 * time.Second
	maxHello     = 1024 // bytes
	maxID        = 255  // bytes of a machine's name
)

// hello is the first frame on a connection that carries datagrams, in both directions:
// the magic word, the version as one byte, and the names of the speaker and of
// whom it means to speak to, each behind its length as one byte. The dialler speaks first. Each
// side checks what it hears, so that a wrong address is found at once and named.
type hello struct {
	version  byte
	from, to nodes.ID
}

func (h hello) append(b []byte) []byte {
	b = append(b, helloMagic...)
	b = append(b, h.version)
	b = append(append(b, byte(len(h.from))), h.from...)
	return append(append(b, byte(len(h.to))), h.to...)
}

var errNoHello = errors.New("it does not speak the datagram protocol")

// parseHello reads what append made. Of another version it reads the version only.
func parseHello(p []byte) (hello, error) {
	if len(p) <= len(helloMagic) || string(p[:len(helloMagic)]) != helloMagic {
		return hello{}, errNoHello
	}
	h := hello{version: p[len(helloMagic)]}
	if h.version != protocolVersion {
		return h, fmt.Errorf("it speaks version %d of the datagram protocol, this program version %d", h.version, protocolVersion)
	}
	p = p[len(helloMagic)+1:]
	for _, id := range []*nodes.ID{&h.from, &h.to} {
		if len(p) == 0 || p[0] == 0 || int(p[0]) >= len(p) {
			return hello{}, errNoHello
		}
		end := 1 + int(p[0])
		*id, p = nodes.ID(p[1:end]), p[end:]
	}
	if len(p) > 0 {
		return hello{}, errNoHello
	}
	return h, nil
}

func readHello(nc net.Conn) (hello, error) {
	p, err := readFrame(nc, maxHello)
	switch {
	case errors.Is(err, nodes.ErrFrame):
		return hello{}, errNoHello
	case errors.Is(err, io.EOF):
		return hello{}, errors.New("it hung up before its hello")
	case err != nil:
		return hello{}, err
	}
	return parseHello(p)
}

func writeHello(nc net.Conn, h hello) error {
	p := h.append(nil)
	_, err := nc.Write(append(appendHeader(nil, len(p)), p...))
	return err
}

// greet is the dialler's side of the hellos.
func greet(nc net.Conn, self, peer nodes.ID) error {
	if err := nc.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return err
	}
	if err := writeHello(nc, hello{protocolVersion, self, peer}); err != nil {
		return err
	}
	h, err := readHello(nc)
	if err != nil {
		return err
	}
	if h.from != peer || h.to != self {
		return fmt.Errorf("it is %s, not %s", h.from, peer)
	}
	return nc.SetDeadline(time.Time{})
}

// answer is the other side. Whoever is in error hears this side's true name before the
// connection ends.
func answer(nc net.Conn, self nodes.ID) (from nodes.ID, err error) {
	if err := nc.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return "", err
	}
	h, err := readHello(nc)
	if err != nil {
		return "", err
	}
	if err := writeHello(nc, hello{protocolVersion, self, h.from}); err != nil {
		return "", err
	}
	if h.to != self {
		return "", fmt.Errorf("%s takes this machine for %s", h.from, h.to)
	}
	if h.from == self {
		return "", fmt.Errorf("another machine says that it is %s", self)
	}
	return h.from, nc.SetDeadline(time.Time{})
}
