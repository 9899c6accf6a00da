package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// The properties of discovery.
const (
	discoveryWas     = "discovery: a belief is a list that there was"
	discoveryForward = "discovery: beliefs do not go back"
	discoveryVersion = "config: a text has its own version"
)

// discoveryGhost knows what is true, and what each client believes.
type discoveryGhost struct {
	d       *discoveryWorld
	beliefs []discoveryBelief
	latest  map[string]discoveryBelief // by client
	turns   []discoveryTurn
	version int32
	written map[int32]time.Duration // when each version was acknowledged
	obeyed  map[string]int32

	notified, repeated, jumps int           // of clients that have ended
	back                      int           // beliefs that went back, with a new session
	wrong, total              time.Duration // how long clients believed what was not true, summed over them; and how long they lived
	last                      time.Duration
	configTook                []time.Duration
}

// discoveryBelief is a list that a client has got.
type discoveryBelief struct {
	who     string
	session int64
	at      time.Duration
	zxid    int64
	names   []string
}

// discoveryTurn is a server that goes up or down.
type discoveryTurn struct {
	name string
	up   bool
	at   time.Duration
	seen map[string]time.Duration // by client: when it believed it
}

func newDiscoveryGhost(d *discoveryWorld) *discoveryGhost {
	return &discoveryGhost{d: d, latest: map[string]discoveryBelief{}, written: map[int32]time.Duration{}, obeyed: map[string]int32{}}
}

func (g *discoveryGhost) now() time.Duration { return g.d.w.U.Now() }

// goes notes that a server goes up or down.
func (g *discoveryGhost) goes(s *discoveryServer, up bool) {
	if s.up == up {
		return
	}
	s.up = up
	g.turns = append(g.turns, discoveryTurn{string(s.id), up, g.now(), map[string]time.Duration{}})
	if u := g.d.w.U; u.Recording() {
		u.Note(s.id, map[bool]string{true: "is up", false: "goes down"}[up])
	}
}

// ended sees processes end that nobody has asked.
func (g *discoveryGhost) ended(m *sim.Machine, _ nodes.Node) {
	for _, s := range g.d.servers {
		if s.id == m.ID() {
			g.goes(s, false)
		}
	}
	for _, c := range g.d.clients {
		if c.id == m.ID() {
			g.gather(c)
		}
	}
}

// gather counts the notifications of a client's life.
func (g *discoveryGhost) gather(c *discoveryClient) {
	if c.directory != nil {
		g.notified, g.repeated = g.notified+c.directory.Notified, g.repeated+c.directory.Repeated
	}
	if c.settings != nil {
		g.jumps += c.settings.Jumps
	}
}

// after measures for how long beliefs are wrong.
func (g *discoveryGhost) after(*sim.Machine, trace.Kind) {
	now := g.now()
	step := now - g.last
	g.last = now
	if step == 0 {
		return
	}
	truth := g.truth()
	for _, c := range g.d.clients {
		if b, believes := g.latest[string(c.id)]; believes {
			g.total += step
			if !slices.Equal(b.names, truth) {
				g.wrong += step
			}
		}
	}
}

// truth is who is up, sorted.
func (g *discoveryGhost) truth() []string {
	var list []string
	for _, s := range g.d.servers {
		if s.up {
			list = append(list, string(s.id))
		}
	}
	return list
}

// sees takes a client's list.
func (g *discoveryGhost) sees(c *discoveryClient) {
	d := c.directory
	if d.Zxid == 0 {
		return
	}
	b := discoveryBelief{string(c.id), d.S.Client().Session(), g.now(), d.Zxid, slices.Clone(d.Instances)}
	last, known := g.latest[b.who]
	if known && last.session == b.session && last.zxid == b.zxid && slices.Equal(last.names, b.names) {
		return
	}
	if known && last.session == b.session {
		g.d.w.Asked(discoveryForward)
		if b.zxid < last.zxid {
			g.d.w.U.Violate(discoveryForward, fmt.Sprintf("%s believed %v as of %x, and now %v as of %x, in one session", b.who, last.names, last.zxid, b.names, b.zxid))
		}
	}
	if known && b.zxid < last.zxid {
		g.back++
	}
	g.latest[b.who] = b
	g.beliefs = append(g.beliefs, b)
	if u := g.d.w.U; u.Recording() {
		u.Note(c.id, fmt.Sprintf("believes that %v are there, as of %x", b.names, b.zxid))
	}
	for _, s := range g.d.servers {
		name := string(s.id)
		if is := slices.Contains(b.names, name); is != slices.Contains(last.names, name) {
			g.notices(b.who, name, is)
		}
	}
}

// notices measures how long it took a client to learn of a server's last turn.
func (g *discoveryGhost) notices(who, name string, up bool) {
	for i := len(g.turns) - 1; i >= 0; i-- {
		t := &g.turns[i]
		if t.name != name || t.up != up {
			continue
		}
		if _, already := t.seen[who]; !already {
			t.seen[who] = g.now()
		}
		return
	}
}

// obeys takes a client's configuration: its text says which version it should be.
func (g *discoveryGhost) obeys(c *discoveryClient) {
	s := c.settings
	if !s.Known || len(s.Data) == 0 {
		return
	}
	g.d.w.Asked(discoveryVersion)
	if string(s.Data) != fmt.Sprint(s.Version) {
		g.d.w.U.Violate(discoveryVersion, fmt.Sprintf("%s takes %q for version %d of the configuration", c.id, s.Data, s.Version))
	}
	if who := string(c.id); s.Version > g.obeyed[who] {
		if u := g.d.w.U; u.Recording() {
			u.Note(c.id, fmt.Sprintf("goes by version %d of the configuration", s.Version))
		}
		if at, acknowledged := g.written[s.Version]; acknowledged {
			g.configTook = append(g.configTook, max(0, g.now()-at))
		} else {
			g.configTook = append(g.configTook, 0) // before its writer knew
		}
		g.obeyed[who] = s.Version
	}
}

// wrote notes that a version is acknowledged.
func (g *discoveryGhost) wrote(version int32) {
	g.written[version] = g.now()
	g.version = max(g.version, version)
	if u := g.d.w.U; u.Recording() {
		u.Note(discoveryAdmin, fmt.Sprintf("has written version %d of the configuration", version))
	}
}

// agree tells whether every client believes what is true.
func (g *discoveryGhost) agree() (bool, string) {
	truth := g.truth()
	if len(truth) < len(g.d.servers) {
		return false, fmt.Sprintf("only %v are registered", truth)
	}
	for _, c := range g.d.clients {
		switch {
		case c.directory == nil || !slices.Equal(c.directory.Instances, truth):
			return false, fmt.Sprintf("%s does not believe that %v are there", c.id, truth)
		case c.settings.Version < g.version:
			return false, fmt.Sprintf("%s knows version %d of the configuration, and there is %d", c.id, c.settings.Version, g.version)
		}
	}
	return true, ""
}

// judge holds every belief against what the ensemble had committed at the moment that it names.
func (g *discoveryGhost) judge() error {
	lives := g.d.log.below(discoveryPath)
	for _, b := range g.beliefs {
		if b.zxid > g.d.log.last {
			continue // committed, and not seen to be by the end
		}
		g.d.w.Asked(discoveryWas)
		var were []string
		for _, v := range lives {
			if v.created <= b.zxid && b.zxid < v.deleted {
				were = append(were, v.path[len(discoveryPath)+1:])
			}
		}
		slices.Sort(were)
		if !slices.Equal(were, b.names) {
			return violation(discoveryWas, "%s believes that %v are there as of %x, and %v were", b.who, b.names, b.zxid, were)
		}
	}
	return nil
}

// figures are what was measured in one universe.
type discoveryFigures struct {
	up, down, config   []time.Duration // until a client noticed
	missed, turns      int             // turns of servers that a client never noticed, of all, for each client
	notified, repeated int             // events, and those after which nothing had changed
	jumps, back        int             // versions that were skipped; beliefs that went back with a new session
	wrong, total       time.Duration
}

func (g *discoveryGhost) figures() discoveryFigures {
	for _, c := range g.d.clients {
		g.gather(c)
	}
	f := discoveryFigures{config: g.configTook, notified: g.notified, repeated: g.repeated, jumps: g.jumps, back: g.back, wrong: g.wrong, total: g.total}
	for _, t := range g.turns {
		f.turns += len(g.d.clients)
		f.missed += len(g.d.clients) - len(t.seen)
		for _, c := range g.d.clients {
			at, seen := t.seen[string(c.id)]
			switch {
			case seen && t.up:
				f.up = append(f.up, at-t.at)
			case seen:
				f.down = append(f.down, at-t.at)
			}
		}
	}
	return f
}
