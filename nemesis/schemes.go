package nemesis

import (
	"slices"
	"time"

	"orrery/sim/vdisk"
)

// scheme is an order of faults in which one prepares the next.
type scheme struct {
	weight   uint64
	families []string // that it draws on
	draw     func(g *generator)
}

// schemes are patterns that known defects of consensus needed to show: progress
// under one leader, then another leader that did not hear of it, then a third.
var schemes = []scheme{
	{24, []string{"partition", "clog"}, closure},
	{12, []string{"hunt"}, succession},
	{12, []string{"partition", "crash"}, partitionAndRestart},
	{12, []string{"clog", "hunt"}, lateMessages},
	{10, []string{"partition", "pause"}, zombie},
	{12, []string{"crash"}, crashStorm},
	{8, []string{"clock", "partition"}, staleLease},
	{10, []string{"partition", "crash"}, laggard},
	{16, []string{"partition"}, duel},
	{8, []string{"partition", "crash"}, lostAnswers},
	{8, []string{"partition", "crash"}, quickRestarts},
}

// scheme draws one of the schemes that may be used.
func (g *generator) scheme() {
	g.stream, g.index = "nemesis/scheme", 0
	var usable []scheme
	var sum uint64
	for _, s := range schemes {
		if !slices.ContainsFunc(s.families, func(f string) bool { return !g.has(f) }) {
			usable = append(usable, s)
			sum += s.weight
		}
	}
	if len(usable) == 0 {
		return
	}
	v := g.below("scheme", sum)
	for _, s := range usable {
		if v < s.weight {
			g.accompany()
			s.draw(g)
			return
		}
		v -= s.weight
	}
}

// accompany adds doubled, lost and reordered messages to some schemes: without them, messages
// that are repeated are rare.
func (g *generator) accompany() {
	with := func(family string, percent uint64, draw func(*generator) Fault) {
		if !g.has(family) {
			return
		}
		g.stream, g.index = "nemesis/"+family, 0
		if f := draw(g); g.chance("with a scheme", percent) {
			g.add(g.t/2, f, g.span)
		}
	}
	with("duplicate", 40, drawDuplicate)
	with("loss", 25, drawLoss)
	with("delay", 25, drawReorder)
	g.stream, g.index = "nemesis/scheme", 0
}

// rounds calls draw for one round after another, until the span is over. The rounds follow each
// other after a drawn time around length.
func (g *generator) rounds(length time.Duration, draw func(at time.Duration)) {
	at := g.t / 2
	for g.index = 1; at < g.span && g.index < 60; g.index++ {
		draw(at)
		at += g.between("round", length/2, 2*length)
	}
}

// closure isolates one node in every phase, each from a drawn moment until the phase ends, as
// "Testing Consensus Implementations using Communication Closure" (OOPSLA 2020) does: a
// node hears all of a phase's beginning and nothing of its end.
func closure(g *generator) {
	phase := g.between("phase", g.t/2, 4*g.t)
	hold := g.chance("hold", 30)
	following := g.below("victims", 3)
	at := g.t / 2
	for g.index = 1; at < g.span && g.index < 60; g.index++ {
		who := [3]Target{One, g.single(), Leader}[following]
		start := phase * time.Duration(g.below("from", 1<<8)) >> 9 // in the first half
		var f Fault = Isolate{Who: who, Way: g.way()}
		if hold {
			f = Clog{Links: [3]Links{Around(who), OneWay(who, All), OneWay(All, who)}[g.below("direction", 3)]}
		}
		g.add(at+start, f, phase-start)
		at += phase + g.between("between phases", g.t/50, g.t/2)
	}
}

// succession hunts one leader after another.
func succession(g *generator) {
	g.index = 1
	g.add(g.t/2, drawHunt(g), 0)
	g.index = 2
	if g.chance("another hunter", 30) {
		g.add(g.t, drawHunt(g), 0)
	}
}

// partitionAndRestart cuts off the leader, restarts somebody while others choose without it,
// and then joins them all again.
func partitionAndRestart(g *generator) {
	g.rounds(4*g.t, func(at time.Duration) {
		cutFor := g.between("cut for", g.t, 4*g.t)
		switch g.below("cut", 3) {
		case 0:
			g.add(at, Isolate{Who: Leader}, cutFor)
		case 1:
			g.add(at, Halves{Leader: InMinority}, cutFor)
		default:
			g.add(at, Isolate{Who: One}, cutFor)
		}
		when := at + cutFor*time.Duration(g.below("crash at", 1<<8))>>8
		g.add(when, Crash{Who: [3]Target{One, Leader, Followers}[g.below("crash whom", 3)], Power: g.powerLoss()}, g.between("down", g.t/20, g.t))
		if g.chance("again", 50) {
			g.add(at+cutFor+g.between("after", g.t/50, g.t), Crash{Who: g.single(), Power: g.powerLoss()}, g.between("down again", g.t/20, 2*g.t))
		}
	})
}

// lateMessages holds back what a leader says, or what one link carries, until others have moved on;
// then all of it arrives.
func lateMessages(g *generator) {
	g.rounds(4*g.t, func(at time.Duration) {
		which := [6]Links{OneWay(Leader, All), OneWay(Leader, One), OneWay(All, Leader), OneWay(One, Leader), OneWay(Leader, Minority), OneWay(One, All)}
		g.add(at, Clog{Links: which[g.below("which", 6)]}, g.between("late by", g.t, 8*g.t))
	})
	if g.chance("hunt too", 50) {
		g.add(g.t, HuntLeader{By: [2]Blow{ByClog, ByIsolation}[g.below("by", 2)], Reign: g.between("reign", g.t/4, g.t), Times: 6}, 0)
	}
}

// zombie lets a leader be deposed without its notice, while clients still reach it.
func zombie(g *generator) {
	g.rounds(5*g.t, func(at time.Duration) {
		lasts := g.between("for", g.t, 5*g.t)
		switch g.below("how", 3) {
		case 0:
			g.add(at, Pause{Who: Leader}, lasts)
		case 1:
			g.add(at, Isolate{Who: Leader}, lasts)
		default:
			g.add(at, Isolate{Who: Leader, Way: Inbound}, lasts)
		}
		if len(g.c.Clients) > 0 && g.chance("its clients", 50) {
			g.add(at, ClientCut{Clients: One, Nodes: Followers}, lasts)
		}
	})
}

// crashStorm kills processes all the time, inside their handlers, and starts them soon again.
func crashStorm(g *generator) {
	mode := g.powerLoss()
	same := g.chance("same mode", 50)
	g.rounds(g.between("pace", g.t/4, 2*g.t), func(at time.Duration) {
		how := g.powerLoss()
		if same {
			how = mode
		}
		down := g.between("down", g.t/100, g.t)
		switch g.below("what", 6) {
		case 0:
			g.add(at, Crash{Who: All, Power: how}, down)
		case 1:
			g.add(at, Crash{Who: g.single(), Power: how}, down)
		case 2:
			g.add(at, CrashInRecovery{Who: g.single(), Effect: 1 + int(g.between("effect", 1, 30)), Times: 1 + int(g.below("times", 3)), Power: how}, 0)
		default:
			g.add(at, KillAtEffect{Who: [3]Target{One, Leader, All}[g.below("whom", 3)], Effect: 1 + int(g.between("effect", 1, 200)), Power: how}, g.t+down)
		}
	})
}

// staleLease cuts off a leader whose clock is wrong: it must not go on as though its lease had
// not run out.
func staleLease(g *generator) {
	g.rounds(4*g.t, func(at time.Duration) {
		lasts := g.between("for", g.t, 5*g.t)
		who := g.one("who")
		if g.chance("the leader", 70) {
			who = Leader
		}
		switch g.below("clock", 5) {
		case 0, 1:
			g.add(at, ClockBump{Who: who, By: g.sign(g.between("by", g.t/4, 20*g.t))}, lasts)
		case 2:
			g.add(at, ClockFreeze{Who: who}, lasts)
		case 3:
			g.add(at, ClockBackwards{Who: who, By: g.between("by", g.t/10, g.t), Every: g.between("every", g.t/20, g.t/2)}, lasts)
		default:
			f := drawDrift(g).(Drift)
			f.Who = who
			g.add(at, f, lasts)
		}
		cutAt := at + g.between("then", g.t/100, g.t/2)
		if g.chance("pause", 20) && g.has("pause") {
			g.add(cutAt, Pause{Who: Leader}, g.between("pause for", g.t/2, 2*g.t))
			return
		}
		g.add(cutAt, Isolate{Who: Leader, Way: g.way()}, lasts)
	})
}

// laggard keeps one node away for so long that the others have thrown away what it missed, and then
// makes the cluster depend on it.
func laggard(g *generator) {
	g.rounds(8*g.t, func(at time.Duration) {
		who := g.one("who")
		away := g.between("away", 3*g.t, 12*g.t)
		if g.chance("down", 40) {
			g.add(at, Crash{Who: who, Power: g.powerLoss()}, away)
		} else {
			g.add(at, Isolate{Who: who}, away)
		}
		back := at + away
		after := g.between("after", g.t/100, g.t)
		switch g.below("then", 4) {
		case 0:
			g.add(back+after, Isolate{Who: Leader}, g.between("cut for", g.t, 3*g.t))
		case 1:
			g.add(back+after, Crash{Who: Leader, Power: g.powerLoss()}, g.between("cut for", g.t, 3*g.t))
		case 2:
			g.add(back, KillAtEffect{Who: who, Effect: 1 + int(g.between("effect", 1, 100)), Power: vdisk.Torn}, g.between("cut for", g.t, 3*g.t))
		default:
			g.add(back+after, Crash{Who: Followers, Power: g.powerLoss()}, g.between("cut for", g.t/10, 2*g.t))
		}
	})
}

// duel lets several nodes lead at once, each with a part of the others, for most of the time, with
// a rest now and then in which something is chosen for good.
func duel(g *generator) {
	g.rounds(6*g.t, func(at time.Duration) {
		g.add(at, drawPatchwork(g), g.between("for", g.t, 8*g.t))
	})
}

// lostAnswers keeps the answers from clients and restarts everybody in the meantime: what the
// clients then repeat must be known to have been done.
func lostAnswers(g *generator) {
	g.rounds(3*g.t, func(at time.Duration) {
		whom := [3]Target{All, Leader, All}[g.below("from whom", 3)]
		mute := g.between("mute for", g.t/4, 3*g.t)
		if len(g.c.Clients) > 0 {
			g.add(at, ClientCut{Clients: [3]Target{All, All, One}[g.below("clients", 3)], Nodes: whom, Way: Inbound}, mute)
		}
		crashAt := at + mute*time.Duration(g.below("crash at", 1<<8))>>8
		switch g.below("crash", 4) {
		case 0:
			g.add(crashAt, RollingRestart{Down: g.between("down", g.t/100, g.t/5), Gap: g.between("gap", g.t/100, g.t/5)}, 0)
		case 1:
			g.add(crashAt, Crash{Who: Followers, Power: g.powerLoss()}, g.between("down", g.t/50, g.t))
			g.add(crashAt+g.between("then", g.t/50, g.t), Crash{Who: Leader, Power: g.powerLoss()}, g.between("down too", g.t/50, g.t))
		default:
			g.add(crashAt, Crash{Who: All, Power: g.powerLoss()}, g.between("down", g.t/50, g.t/2))
		}
	})
}

// quickRestarts hides the leader from one node, which then wants another one, and meanwhile
// restarts, again and again, just those who make a majority with that node: what they have promised
// and keep in memory only (a lease that they granted, a vote) is gone before anybody notices
// that they were away.
func quickRestarts(g *generator) {
	n := len(g.c.Nodes)
	g.rounds(5*g.t, func(at time.Duration) {
		order := shuffle(g.c.Nodes, g.below("order", 1<<32))
		hidden, helpers := Only(order[0]), Only(order[1:n/2+1]...)
		lasts := g.between("for", g.t, 4*g.t)
		g.add(at, Cut{Links: BothWays(Leader, hidden)}, lasts)
		pace := g.between("pace", g.t/10, g.t/2)
		how := g.powerLoss()
		if n < 3 {
			return
		}
		for t := at + pace; t < at+lasts; t += pace {
			g.add(t, Crash{Who: helpers, Power: how}, min(pace/4, g.t/20))
		}
	})
}
