package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes/zab/recipes"
)

// recipeTold is the promise that a lookup is as new as what its caller was told.
const recipeTold = "lookups-are-as-new-as-what-was-told"

const recipeServices = "/services"

// discoveryPart is machines of which every second offers a service, goes down and comes up again, and the others want to know who is
// there.
type discoveryPart struct {
	r           *recipeWorld
	quirks      recipes.DiscoveryQuirks
	directories map[string]*recipes.Directory // by consumer, of its present incarnation
	starts      map[string]uint32
	registered  map[string]int64 // by service: the session under which it believes to be registered
	stale       string
	changes     []announced
	seen        []sighting
}

// announced is a registration: since when, by the true time, and as of which zxid.
type announced struct{ at, zxid int64 }

// sighting is a list that a consumer has got.
type sighting struct {
	who      string
	at, zxid int64
}

func (p *discoveryPart) name() string { return "discovery" }

func serves(seat *recipeSeat) bool { return seat.index%2 == 0 && !seat.probes }

func (p *discoveryPart) of(t *recipeTurn) *recipes.Directory {
	now := p.r.w.U.Machine(t.seat.id).Incarnation()
	d := p.directories[t.Name]
	if d == nil || p.starts[t.Name] != now {
		d = &recipes.Directory{Path: recipeServices, Quirks: p.quirks}
		p.directories[t.Name], p.starts[t.Name] = d, now
	}
	d.Party = t.Party
	return d
}

func (p *discoveryPart) turn(t *recipeTurn) {
	if !serves(t.seat) {
		for range 8 {
			p.follow(t)
		}
		return
	}
	p.offer(t)
	t.S.Sleep(t.drawDuration("up", 50*time.Millisecond, time.Second))
	switch t.draw("how it goes down", 3) {
	case 0: // in order
		t.S.Close()
		t.S.Sleep(t.drawDuration("down", 0, p.r.timeout))
	case 1: // it is killed: its session is left to expire
		t.renew()
	}
}

// offer registers the service, unless it is, and tells everybody.
func (p *discoveryPart) offer(t *recipeTurn) {
	if p.registered[t.Name] == t.S.Client().Session() && t.S.Client().Session() != 0 {
		return
	}
	zxid, err := t.Register(recipeServices, []byte(fmt.Sprint(t.now())), p.quirks, p.r.timeout)
	if err != nil {
		return
	}
	t.note("is registered as of %x", zxid)
	p.registered[t.Name] = t.S.Client().Session()
	p.changes = append(p.changes, announced{t.now(), zxid})
	for _, other := range p.r.seats {
		if !serves(other) {
			t.T.Send(other.id, &storeHello{t.Name, zxid})
		}
	}
}

// follow keeps the consumer's list, and looks up whoever has said that he is there.
func (p *discoveryPart) follow(t *recipeTurn) {
	d := p.of(t)
	was := d.Zxid
	_ = d.Follow(40 * time.Millisecond)
	if d.Zxid != was {
		t.note("believes that %v are there, as of %x", d.Instances, d.Zxid)
		p.seen = append(p.seen, sighting{t.Name, t.now(), d.Zxid})
	}
	for {
		_, m, ok := t.T.Recv(0)
		if !ok {
			return
		}
		hello, told := m.(*storeHello)
		if !told || t.over() {
			continue
		}
		_, zxid, err := d.Lookup(hello.Zxid, p.r.timeout)
		if err != nil {
			continue
		}
		p.r.w.Asked(recipeTold)
		if zxid < hello.Zxid && p.stale == "" {
			p.stale = fmt.Sprintf("%s was told by %s that it is there since zxid %x, and looks up as of %x", t.Name, hello.Name, hello.Zxid, zxid)
		}
	}
}

func (p *discoveryPart) rest(t *recipeTurn) {
	if serves(t.seat) {
		p.offer(t)
		t.S.Sleep(200 * time.Millisecond)
		return
	}
	p.follow(t)
}

func (p *discoveryPart) probe(t *recipeTurn) string {
	_ = p.of(t).Follow(100 * time.Millisecond)
	return ""
}

// probed tells whether every consumer believes what is true: that all services are there.
func (p *discoveryPart) probed() string {
	var all []string
	for _, s := range p.r.seats {
		if serves(s) {
			all = append(all, string(s.id))
		}
	}
	for _, s := range p.r.seats {
		if d := p.directories[string(s.id)]; !serves(s) && (d == nil || !slices.Equal(d.Instances, all)) {
			var believes []string
			if d != nil {
				believes = d.Instances
			}
			return fmt.Sprintf("%s believes that %v are there, and %v are", s.id, believes, all)
		}
	}
	return ""
}

func (p *discoveryPart) judge(*recipeLog) error {
	if p.stale != "" {
		return violation(recipeTold, "%s", p.stale)
	}
	return nil
}

// noticing is how long consumers took to notice registrations, how many events they got, and after how many of these nothing
// had changed. The latter are no error: an event says that something has changed, and not what.
func (p *discoveryPart) noticing() (took []time.Duration, notified, repeated int) {
	for _, c := range p.changes {
		for _, s := range p.r.seats {
			i := slices.IndexFunc(p.seen, func(v sighting) bool { return v.who == string(s.id) && v.zxid >= c.zxid })
			if !serves(s) && i >= 0 {
				took = append(took, time.Duration(max(0, p.seen[i].at-c.at)))
			}
		}
	}
	for _, s := range p.r.seats {
		if d := p.directories[string(s.id)]; d != nil {
			notified, repeated = notified+d.Notified, repeated+d.Repeated
		}
	}
	return took, notified, repeated
}
