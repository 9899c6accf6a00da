package nodestest

import (
	"strings"
	"time"

	"orrery/nodes"
)

// again is the interval at which a rule repeats what may be lost.
const again = 50 * time.Millisecond

var againTimer = nodes.Tag{Name: "again"}

// repeat makes a probe do the same at Boot and after every interval.
func repeat(p *probe, do func(env nodes.Env)) *probe {
	p.boot = func(env nodes.Env) error {
		do(env)
		env.SetTimer(againTimer, again)
		return nil
	}
	p.fire = func(env nodes.Env, _ nodes.Tag) {
		do(env)
		env.SetTimer(againTimer, again)
	}
	return p
}

func text(s string) *blob { return &blob{[]byte(s)} }

var datagramRules = []Rule{
	{"DatagramsArriveDecodedAtTheirMachine", datagramsArrive},
	{"ADatagramToItselfPassesTheCodecAndTheScheduler", datagramToItself},
	{"ADatagramIsTheBytesOfItsMessageAtSend", datagramIsBytes},
	{"AnUndecodableDatagramIsDroppedAndNothingElse", undecodableDatagram},
	{"ADatagramToAMachineThatIsDownIsOnlyLost", datagramToNobody},
}

func datagramsArrive(c *cluster) {
	got := map[string]bool{}
	receiver := func() *probe {
		return &probe{c: c, deliver: func(env nodes.Env, from nodes.ID, m nodes.Message) {
			b := string(m.(*blob).data)
			if from != "n1" || !strings.HasPrefix(b, string(env.Self())+" ") {
				c.wrongf("%s got %q from %s", env.Self(), b, from)
			}
			got[b] = true
		}}
	}
	c.start("n2", receiver())
	c.start("n3", receiver())
	c.start("n1", repeat(&probe{c: c}, func(env nodes.Env) {
		for _, n := range "abcdefgh" {
			env.Send("n2", text("n2 "+string(n)))
			env.Send("n3", text("n3 "+string(n)))
		}
	}))
	c.until("all sixteen messages have arrived", func() bool { return len(got) == 16 })
}

func datagramToItself(c *cluster) {
	var sent *blob
	arrived := false
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			sent = text("me")
			env.Send(env.Self(), sent)
			return nil
		},
		deliver: func(env nodes.Env, from nodes.ID, m nodes.Message) {
			b := m.(*blob)
			if from != env.Self() || b == sent || string(b.data) != "me" {
				c.wrongf("got %q from %s, same memory: %v", b.data, from, b == sent)
			}
			arrived = true
		}})
	c.until("the message has arrived", func() bool { return arrived })
}

func datagramIsBytes(c *cluster) {
	arrived := false
	c.start("n2", &probe{c: c, deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) {
		if b := m.(*blob); string(b.data) != "before" {
			c.wrongf("got %q, which the sender's message became after Send", b.data)
		}
		arrived = true
	}})
	c.start("n1", repeat(&probe{c: c}, func(env nodes.Env) {
		m := text("before")
		env.Send("n2", m)
		copy(m.data, "after!")
	}))
	c.until("the message has arrived", func() bool { return arrived })
}

func undecodableDatagram(c *cluster) {
	arrived := 0
	c.start("n2", &probe{c: c, deliver: func(_ nodes.Env, _ nodes.ID, m nodes.Message) {
		if string(m.(*blob).data) != "good" {
			c.wrongf("got %q", m.(*blob).data)
		}
		arrived++
	}})
	c.start("n1", repeat(&probe{c: c}, func(env nodes.Env) {
		env.Send("n2", garbage{})
		env.Send("n2", text("good"))
	}))
	c.until("three good messages have arrived among the bad", func() bool { return arrived >= 3 })
	if err, ended := c.rt.Ended("n2"); ended {
		c.fatalf("n2 has ended: %v", err)
	}
}

func datagramToNobody(c *cluster) {
	var arrived int
	receiver := func() *probe {
		return &probe{c: c, deliver: func(nodes.Env, nodes.ID, nodes.Message) { arrived++ }}
	}
	c.start("n1", repeat(&probe{c: c}, func(env nodes.Env) { env.Send("n3", text("hello")) }))
	c.pass(silence)
	c.start("n3", receiver())
	c.until("a message arrives at the machine that was down", func() bool { return arrived > 0 })
	c.rt.Kill("n3")
	c.pass(silence)
	c.look(func() { arrived = 0 })
	c.start("n3", receiver())
	c.until("a message arrives at the machine that was killed", func() bool { return arrived > 0 })
}
