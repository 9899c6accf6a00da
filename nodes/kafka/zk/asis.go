package zk

import (
	"strconv"
	"strings"
	"time"
)

// What brokers read most of all was written by brokers, as Append of each type writes it. Of that nothing needs to be found out: the members
// come in their order, texts have no escapes, lists no spaces. asis reads just this, and says no to anything else, which is then JSON as any other.

// asis reads bytes as they are written. The first thing that is otherwise makes it fail, and all that follow.
type asis struct {
	p      string
	failed bool
}

// has passes a text if it comes next.
func (a *asis) has(text string) bool {
	if a.failed || !strings.HasPrefix(a.p, text) {
		return false
	}
	a.p = a.p[len(text):]
	return true
}

// must passes a text that has to come next.
func (a *asis) must(text string) {
	if !a.has(text) {
		a.failed = true
	}
}

// text reads a text in quotes that means what it says.
func (a *asis) text() string {
	if a.must(`"`); a.failed {
		return ""
	}
	for i := range len(a.p) {
		switch c := a.p[i]; {
		case c == '"':
			text := a.p[:i]
			a.p = a.p[i+1:]
			return text
		case c < ' ' || c > '~' || c == '\\':
			a.failed = true
			return ""
		}
	}
	a.failed = true
	return ""
}

// number reads a whole number of so many bits.
func (a *asis) number(bits int) int64 {
	n := 0
	for n < len(a.p) && (a.p[n] >= '0' && a.p[n] <= '9' || n == 0 && a.p[n] == '-') {
		n++
	}
	digits := strings.TrimPrefix(a.p[:n], "-")
	v, err := strconv.ParseInt(a.p[:n], 10, bits)
	if err != nil || digits[0] == '0' && n > 1 {
		a.failed = true
		return 0
	}
	a.p = a.p[n:]
	return v
}

func (a *asis) int32() int32 { return int32(a.number(32)) }

// millis reads a time.
func (a *asis) millis() time.Time {
	a.must(`"`)
	ms := a.number(64)
	a.must(`"`)
	return time.UnixMilli(ms).UTC()
}

// list reads the elements of a list or the members of an object, up to its end.
func (a *asis) list(end string, element func()) {
	for i := 0; !a.failed && !a.has(end); i++ {
		if i > 0 {
			a.must(",")
		}
		element()
	}
}

func (a *asis) ints() []int32 {
	all := make([]int32, 0, 3)
	a.must("[")
	a.list("]", func() { all = append(all, a.int32()) })
	return all
}

// done tells whether all was as it is written.
func (a *asis) done() bool { return !a.failed && a.p == "" }

func stateAsIs(p []byte) (r PartitionState, ok bool) {
	a := asis{p: string(p)}
	a.must(`{"controller_epoch":`)
	r.ControllerEpoch = a.int32()
	a.must(`,"leader":`)
	r.Leader = a.int32()
	a.must(`,"version":1,"leader_epoch":`)
	r.LeaderEpoch = a.int32()
	a.must(`,"isr":`)
	r.ISR = a.ints()
	a.must("}")
	return r, a.done()
}

func brokerAsIs(id int32, p []byte) (r Broker, ok bool) {
	a := asis{p: string(p)}
	r.ID = id
	a.must(`{"listener_security_protocol_map":{`)
	a.list("}", func() {
		e := Endpoint{Listener: a.text()}
		for _, o := range r.Endpoints {
			a.failed = a.failed || o.Listener == e.Listener
		}
		a.must(":")
		if e.Protocol = a.text(); e.Protocol == "" {
			a.failed = true
		}
		r.Endpoints = append(r.Endpoints, e)
	})
	a.must(`,"endpoints":[`)
	n := 0
	a.list("]", func() {
		text := a.text()
		if n == len(r.Endpoints) || a.failed {
			a.failed = true
			return
		}
		e := &r.Endpoints[n]
		listener, address, _ := strings.Cut(text, "://")
		colon := strings.LastIndexByte(address, ':')
		if listener != e.Listener || colon < 0 {
			a.failed = true
			return
		}
		port, err := strconv.ParseInt(address[colon+1:], 10, 32)
		e.Host, e.Port, a.failed = address[:colon], int32(port), err != nil
		n++
	})
	if a.has(`,"rack":`) {
		r.Rack = a.text()
	}
	a.must(`,"jmx_port":`)
	r.JMXPort = a.int32()
	if a.must(`,"host":`); !a.has("null") {
		a.text()
	}
	a.must(`,"timestamp":`)
	r.Timestamp = a.millis()
	a.must(`,"port":`)
	a.int32()
	a.must(`,"version":4}`)
	return r, a.done() && n > 0 && n == len(r.Endpoints)
}

func topicAsIs(p []byte) (r Topic, ok bool) {
	a := asis{p: string(p)}
	next := func(at *int32) {
		a.must(`"`)
		if n := a.int32(); n < 0 || *at >= n {
			a.failed = true
		} else {
			*at = n
		}
		a.must(`":`)
	}
	last := int32(-1)
	a.must(`{"version":2,"partitions":{`)
	a.list("}", func() {
		next(&last)
		r.Partitions = append(r.Partitions, Assignment{Partition: last, Replicas: a.ints()})
	})
	// A reassignment is rare: then it is JSON as any other.
	a.must(`,"adding_replicas":{},"removing_replicas":{}}`)
	return r, a.done()
}

func settingsAsIs(p []byte) (r Settings, ok bool) {
	a := asis{p: string(p)}
	a.must(`{"version":1,"config":{`)
	a.list("}", func() {
		name := a.text()
		if n := len(r); n > 0 && r[n-1].Name >= name {
			a.failed = true
		}
		a.must(":")
		r = append(r, ConfigEntry{name, a.text()})
	})
	a.must("}")
	return r, a.done()
}
