package nodes

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Message is what one node tells another, or one stage the next.
type Message interface {
	// Kind is the message's name in the paper or the protocol: "P1a", "PROPOSAL". It depends on
	// nothing but what sort of message it is.
	Kind() string
}

// Codec turns a protocol's messages into bytes and back.
type Codec interface {
	// Append appends the encoding of m to b and returns the longer slice. It
	// panics on a message that is not of this protocol: that is a defect of the program.
	Append(b []byte, m Message) []byte
	// Decode reads one message. It returns an error for any p that Append did not
	// make, and never panics: p may have been damaged on its way. The message must
	// not keep p, which is overwritten after the call that the message is for;
	// it may share p during that call.
	Decode(p []byte) (Message, error)
}

// JSONCodec returns a codec for the given messages: the kind, a zero byte, and the
// message as JSON. It is the quickest way to a first protocol, and a slow one.
// Each sample's type must be a struct or a pointer to a struct, and each kind
// occur once; it panics otherwise. Decode returns values of the samples' types.
func JSONCodec(samples ...Message) Codec {
	c := jsonCodec{}
	for _, s := range samples {
		if _, taken := c[s.Kind()]; taken {
			panic("nodes: two messages of kind " + s.Kind())
		}
		c[s.Kind()] = reflect.TypeOf(s)
	}
	return c
}

type jsonCodec map[string]reflect.Type

func (c jsonCodec) Append(b []byte, m Message) []byte {
	if _, known := c[m.Kind()]; !known {
		panic("nodes: message of unknown kind " + m.Kind())
	}
	body, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("nodes: cannot encode %s: %v", m.Kind(), err))
	}
	b = append(b, m.Kind()...)
	b = append(b, 0)
	return append(b, body...)
}

func (c jsonCodec) Decode(p []byte) (Message, error) {
	kind, body, err := splitKind(p)
	if err != nil {
		return nil, err
	}
	t, known := c[kind]
	if !known {
		return nil, fmt.Errorf("nodes: message of unknown kind %q", kind)
	}
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	v := reflect.New(t)
	if err := json.Unmarshal(body, v.Interface()); err != nil {
		return nil, fmt.Errorf("nodes: message of kind %s: %w", kind, err)
	}
	if !pointer {
		v = v.Elem()
	}
	return v.Interface().(Message), nil
}

func splitKind(p []byte) (kind string, body []byte, err error) {
	for i, c := range p {
		if c == 0 {
			return string(p[:i]), p[i+1:], nil
		}
	}
	return "", nil, fmt.Errorf("nodes: message of %d bytes has no kind", len(p))
}
