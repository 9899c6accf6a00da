package nemesis

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Blow is what is done to whoever is hunted.
type Blow uint8

// The blows.
const (
	ByIsolation Blow = iota // cut off from the other nodes
	ByCrash                 // the process killed
	ByPowerLoss             // the machine without power, with a torn disk
	ByPause                 // stopped, and then let go on
	ByClog                  // heard late: what it sends is held back
	ByDeafness              // it is heard, and hears nothing
)

var blowNames = []string{"isolation", "crash", "power-loss", "pause", "clog", "deafness"}

// HuntLeader strikes whoever has led for a while, lets go after a while, and waits for the
// next one, some times over: progress under every leader, and a change of leaders
// after every progress. Most defects of consensus need two or three changes in a row.
type HuntLeader struct {
	By     Blow
	Reign  time.Duration // after how long of leading it strikes; 0 means T
	Hold   time.Duration // for how long, on average; 0 means 2 T
	Times  int           // 0 means 5
	Anyone bool          // strike a drawn node if there is no leader for 4 T
}

func (f *HuntLeader) fields() []field {
	return []field{opt("by", wordValue[Blow]{&f.By, blowNames}), opt("reign", durationValue{&f.Reign, false}),
		opt("hold", durationValue{&f.Hold, false}), opt("times", countValue{&f.Times, 1000}),
		opt("anyone", flagValue{&f.Anyone})}
}

// String implements [Fault].
func (f HuntLeader) String() string { return write("hunt-leader", &f) }

// Kind implements [Fault].
func (HuntLeader) Kind() *Kind { return kindNamed("hunt-leader") }

func (f HuntLeader) begin(r *run) error {
	scale := r.n.c.Timescale
	if f.Reign == 0 {
		f.Reign = scale
	}
	if f.Hold == 0 {
		f.Hold = 2 * scale
	}
	if f.Times == 0 {
		f.Times = 5
	}
	r.mark()
	var prey nodes.ID
	since, number := r.n.u.Now(), 0
	var look func()
	look = func() {
		id, leads := r.n.c.Leader()
		leads = leads && !r.hits(id) // it may still believe so
		now := r.n.u.Now()
		if !leads && f.Anyone && now-since >= 4*scale {
			id = r.n.c.Nodes[r.draw("anyone", uint64(number), uint64(len(r.n.c.Nodes)))]
			prey, since, leads = id, since-f.Reign, true
		}
		switch {
		case leads && id != prey:
			prey, since = id, now
		case !leads && prey != "":
			prey, since = "", now
		}
		if !leads || now-since < f.Reign {
			r.after(max(scale/8, 1), "look for a leader", look)
			return
		}
		number++
		f.blow(r, id, uint64(number))
		prey, since = "", now
		if number < f.Times {
			r.after(max(scale/8, 1), "look for a leader", look)
		}
	}
	look()
	return nil
}

// hits tells whether the fault has a machine in its grip at present.
func (r *run) hits(id nodes.ID) bool {
	return slices.ContainsFunc(r.parts, func(p *part) bool { return slices.Contains(p.victims(), id) })
}

// blow strikes one node, and lets go of it after a while.
func (f HuntLeader) blow(r *run, id nodes.ID, number uint64) {
	ids, all := []nodes.ID{id}, r.n.c.Nodes
	d := disturbance{whom: ids, pairs: bothWays(ids, all), link: cut}
	switch f.By {
	case ByCrash, ByPowerLoss:
		d = disturbance{ids: ids, down: true}
	case ByPause:
		d = disturbance{ids: ids, proc: sim.ProcessFault{Pause: true}}
	case ByClog:
		d.pairs, d.link = directed(ids, all), hold
	case ByDeafness:
		d.pairs = directed(all, ids)
	}
	p, err := r.put(d)
	if err != nil {
		return // the budget does not allow it now; the next leader may be less lucky
	}
	switch f.By {
	case ByCrash:
		r.strike(r.n.kill(r, ids, vdisk.LoseNothing))
	case ByPowerLoss:
		r.strike(r.n.kill(r, ids, vdisk.Torn))
	}
	r.after(r.around(f.Hold, "hold", number), "let go", func() {
		r.take(p)
		if number >= uint64(f.Times) {
			r.end()
		}
	})
}
