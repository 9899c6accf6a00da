package proto

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Header is what stands before a request (request header v1 and v2; v0, without a client, for ControlledShutdown v0).
type Header struct {
	Key         int16  // which request
	Version     int16  // of the request
	Correlation int32  // of the client's choice; the response has it too
	ClientID    string // what the client calls itself; "" if it says nothing
}

// ErrMalformed is wrapped by every error that says that bytes are not a message of the protocol.
var ErrMalformed = errors.New("proto: malformed")

// UnsupportedError says that a request is of a kind or a version that is not served. Its body was not looked at.
type UnsupportedError struct{ Header Header }

// Error says which.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("proto: %s (key %d) version %d is not served", kmsg.NameForKey(e.Header.Key), e.Header.Key, e.Header.Version)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// keyApiVersions is the request whose response header is always v0: a client reads it before it knows what the
// broker speaks (KIP-511).
const keyApiVersions = 18

// ReadRequest takes a frame apart. It returns an *UnsupportedError, and the header, for a version that is not
// served: to an ApiVersions request a broker then answers in version 0 with UNSUPPORTED_VERSION, else it closes the
// connection. After any other error, which is an ErrMalformed, the connection can only be closed. The request shares memory with
// the frame.
func ReadRequest(frame []byte) (Header, kmsg.Request, error) {
	var h Header
	if len(frame) < 8 {
		return h, nil, malformed("a request of %d bytes", len(frame))
	}
	h.Key = int16(binary.BigEndian.Uint16(frame))
	h.Version = int16(binary.BigEndian.Uint16(frame[2:]))
	h.Correlation = int32(binary.BigEndian.Uint32(frame[4:]))
	if h.Version < 0 || h.Version > Max(h.Key, true) {
		return h, nil, &UnsupportedError{h}
	}
	r := kmsg.RequestForKey(h.Key)
	r.SetVersion(h.Version)
	rest := frame[8:]
	if !headerV0(h.Key, h.Version) {
		var err error
		if h.ClientID, rest, err = readClientID(rest); err != nil {
			return h, nil, err
		}
		if r.IsFlexible() {
			if rest, err = skipTags(rest); err != nil {
				return h, nil, err
			}
		}
	}
	if err := checkShape(rest, requestShapes[:], h.Key, h.Version); err != nil {
		return h, nil, fmt.Errorf("%w, in %s v%d", err, kmsg.NameForKey(h.Key), h.Version)
	}
	if err := r.ReadFrom(rest); err != nil {
		return h, nil, malformed("%s v%d: %v", kmsg.NameForKey(h.Key), h.Version, err)
	}
	return h, r, nil
}

// headerV0 tells that the request's header has no client in it.
func headerV0(key, version int16) bool { return key == 7 && version == 0 }

// readClientID reads a nullable string. It is never compact, not even in header v2.
func readClientID(p []byte) (string, []byte, error) {
	if len(p) < 2 {
		return "", nil, malformed("the header is cut off")
	}
	n := int(int16(binary.BigEndian.Uint16(p)))
	p = p[2:]
	if n < 0 {
		return "", p, nil
	}
	if n > len(p) {
		return "", nil, malformed("a client id of %d bytes, of which %d are there", n, len(p))
	}
	return string(p[:n]), p[n:], nil
}

// AppendRequest appends a frame to dst: the header, with the key and the version of r, whatever h says of them, and r.
func AppendRequest(dst []byte, h Header, r kmsg.Request) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Key()))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.GetVersion()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Correlation))
	if !headerV0(r.Key(), r.GetVersion()) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(h.ClientID)))
		dst = append(dst, h.ClientID...)
		if r.IsFlexible() {
			dst = append(dst, 0) // no tags
		}
	}
	return r.AppendTo(dst)
}

// AppendResponse appends a frame to dst: response header v0, or v1 where r is flexible, and r.
func AppendResponse(dst []byte, correlation int32, r kmsg.Response) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(correlation))
	if r.IsFlexible() && r.Key() != keyApiVersions {
		dst = append(dst, 0) // no tags
	}
	return r.AppendTo(dst)
}

// Correlation is the correlation id of a response's frame.
func Correlation(frame []byte) (id int32, ok bool) {
	if len(frame) < 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(frame)), true
}

// ReadResponse takes the frame of the response to r apart. An ApiVersions response that refuses r's version is
// read as version 0. The error is an ErrMalformed. The response shares memory with the frame.
func ReadResponse(frame []byte, r kmsg.Request) (correlation int32, resp kmsg.Response, err error) {
	correlation, ok := Correlation(frame)
	if !ok {
		return 0, nil, malformed("a response of %d bytes", len(frame))
	}
	resp = r.ResponseKind()
	resp.SetVersion(r.GetVersion())
	rest := frame[4:]
	switch {
	case r.Key() == keyApiVersions:
		if len(rest) >= 2 && Code(binary.BigEndian.Uint16(rest)) == UnsupportedVersion {
			resp.SetVersion(0)
		}
	case r.IsFlexible():
		if rest, err = skipTags(rest); err != nil {
			return correlation, nil, err
		}
	}
	if err := checkShape(rest, responseShapes[:], r.Key(), resp.GetVersion()); err != nil {
		return correlation, nil, fmt.Errorf("%w, in the response to %s v%d", err, kmsg.NameForKey(r.Key()), r.GetVersion())
	}
	if err := resp.ReadFrom(rest); err != nil {
		return correlation, nil, malformed("the response to %s v%d: %v", kmsg.NameForKey(r.Key()), r.GetVersion(), err)
	}
	return correlation, resp, nil
}
