package nemesis

import (
	"time"

	"orrery/sim/vdisk"
)

// recipe is one of the things that a family does: its weight among them, and how to draw it.
type recipe struct {
	weight uint64
	draw   func(g *generator) Fault
	lasts  func(g *generator) time.Duration
}

// recipes says what each family does, and how often. The first one stands first in every plan
// of the family; it is one that bites whatever the program is.
func recipes(family string) []recipe {
	switch family {
	case "partition":
		return []recipe{
			{50, drawIsolate, short}, {14, drawHalves, medium}, {6, drawRandomGroups, medium}, {6, drawRing, medium},
			{6, drawBridge, medium}, {6, drawOneWay, medium}, {4, drawCut, medium}, {2, drawBlackout, short},
			{6, drawFlap, long}, {6, drawPatchwork, long}, {5, drawClientCut, medium},
		}
	case "clog":
		return []recipe{{75, drawClog, medium}, {25, drawSwizzle, long}}
	case "loss":
		return []recipe{{60, drawLoss, long}, {40, drawBurstyLoss, long}}
	case "duplicate":
		return []recipe{{1, drawDuplicate, long}}
	case "delay":
		return []recipe{{50, drawDelay, medium}, {50, drawReorder, long}}
	case "corrupt":
		return []recipe{{1, drawCorruptMessages, long}}
	case "connection":
		return []recipe{{60, drawReset, medium}, {20, drawRefuse, short}, {20, drawHang, short}}
	case "crash":
		return []recipe{{45, drawCrash, outage}, {37, drawKill, sometimes(outage)}, {10, drawCrashInRecovery, never}, {8, drawRolling, never}}
	case "pause":
		return []recipe{{80, drawPause, short}, {20, drawSlow, medium}}
	case "clock":
		return []recipe{{30, drawDrift, long}, {28, drawBump, medium}, {14, drawStrobe, medium}, {14, drawBackwards, medium}, {14, drawFreeze, medium}}
	case "disk":
		return []recipe{{25, drawSlowDisk, medium}, {25, drawSyncError, medium}, {10, drawWriteError, medium}, {8, drawReadError, medium},
			{14, drawDiskFull, short}, {18, drawStallDisk, short}}
	case "hunt":
		return []recipe{{1, drawHunt, never}}
	}
	return nil
}

// family draws the entries of one family. Few and long, or many and short: these are two
// styles, of which every plan has one.
func (g *generator) family(name string) {
	g.stream, g.index = "nemesis/"+name, 0
	list := recipes(name)
	many := g.chance("many", 50)
	count, span := 1+g.below("few", 4), g.span
	if many {
		count = 3 + g.below("how many", 10)
	}
	switch name {
	case "hunt":
		count, span = 1, 2*g.t // it goes on by itself
	case "rot", "amnesia":
		count = 1 + g.below("how many disks", uint64(max(g.c.Tolerates, 1)))
	}
	for k := range count {
		g.index = k + 1
		at := g.t/2 + time.Duration(g.below("at", 1<<16))*span>>16
		switch name {
		case "rot":
			g.rot(at)
			continue
		case "amnesia":
			g.amnesia(at)
			continue
		}
		r := g.choose(list)
		if k == 0 {
			r = list[0]
		}
		fault, lasts := r.draw(g), r.lasts(g)
		if many {
			lasts = min(lasts, 3*g.t)
		}
		g.add(at, fault, lasts)
		if f, ok := fault.(ReadError); ok { // most programs read when they start, and never again
			g.add(at+lasts/4, Crash{Who: f.Who}, lasts/4)
		}
	}
}

// choose draws one of some recipes by their weights.
func (g *generator) choose(list []recipe) recipe {
	var sum uint64
	for _, r := range list {
		sum += r.weight
	}
	v := g.below("recipe", sum)
	for _, r := range list {
		if v < r.weight {
			return r
		}
		v -= r.weight
	}
	panic("nemesis: a draw is below its limit")
}

// Durations. Half of all are within [T/2, 2T].

func short(g *generator) time.Duration {
	if d := g.between("close to T", g.t/2, 2*g.t); g.chance("near", 50) {
		return d
	}
	return g.between("short", g.t/10, 4*g.t)
}

func medium(g *generator) time.Duration {
	if d := g.between("close to T", g.t/2, 2*g.t); g.chance("near", 50) {
		return d
	}
	return g.between("medium", g.t/10, 12*g.t)
}

func long(g *generator) time.Duration { return g.between("long", g.t, 30*g.t) }

// outage is how long a process stays down: some come back at once, and some so late that the
// others have thrown away what they missed.
func outage(g *generator) time.Duration {
	d := [3]time.Duration{
		g.between("at once", g.t/100, g.t/5), g.between("close to T", g.t/2, 2*g.t), g.between("long", 2*g.t, 30*g.t)}
	return d[[10]int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2}[g.below("outage", 10)]]
}

// sometimes leaves half of some faults without an end.
func sometimes(d func(*generator) time.Duration) func(*generator) time.Duration {
	return func(g *generator) time.Duration {
		if lasts := d(g); g.chance("ends", 50) {
			return g.t/2 + lasts
		}
		return 0
	}
}

func never(*generator) time.Duration { return 0 }

// target draws whom a fault is about. Half of them are about the leader.
func (g *generator) target() Target {
	v := g.below("target", 100)
	switch {
	case v < 34:
		return One
	case v < 40:
		return Minority
	case v < 44:
		return Random
	case v < 48:
		return Majority
	case v < 50:
		return All
	case v < 88:
		return Leader
	default:
		return Following(Leader)
	}
}

// single draws one node or the leader.
func (g *generator) single() Target {
	return [2]Target{One, Leader}[g.below("single", 2)]
}

// links draws which links a fault of messages is about.
func (g *generator) links() Links {
	return [8]Links{Around(All), Around(All), Around(All), Around(Leader), OneWay(Leader, All), OneWay(All, Leader),
		Around(One), OneWay(One, All)}[g.below("links", 8)]
}

// percent draws a probability, log-uniformly.
func (g *generator) percent(decision string, lo, hi PPM) PPM {
	p := PPM(logUniform(time.Duration(lo), time.Duration(hi), g.below(decision, 1<<32)))
	return max(p/1000*1000, 1000)
}

func (g *generator) way() Way { return [5]Way{0, 0, 0, Inbound, Outbound}[g.below("way", 5)] }

func drawIsolate(g *generator) Fault {
	return Isolate{Who: [6]Target{One, One, One, Leader, Leader, Following(Leader)}[g.below("whom", 6)], Way: g.way(), Clients: g.chance("clients", 25)}
}

func drawHalves(g *generator) Fault {
	return Halves{Leader: Side(g.below("side", 3)), Clients: g.chance("clients", 25)}
}

func drawRandomGroups(g *generator) Fault {
	return RandomGroups{Count: 2 + int(g.below("groups", 2)), Clients: g.chance("clients", 25)}
}

func drawRing(g *generator) Fault {
	if len(g.c.Nodes) < 4 {
		return Halves{}
	}
	return MajoritiesRing{}
}

func drawBridge(g *generator) Fault {
	if len(g.c.Nodes) < 3 {
		return Isolate{Who: One}
	}
	return Bridge{Over: g.single()}
}

func drawOneWay(g *generator) Fault {
	return OneWayCut{Links: [4]Links{OneWay(Leader, One), OneWay(One, Leader), OneWay(Leader, Minority), OneWay(One, All)}[g.below("which", 4)]}
}

func drawCut(g *generator) Fault {
	return Cut{Links: [3]Links{BothWays(Leader, One), BothWays(One, Minority), BothWays(One, One)}[g.below("which", 3)]}
}

func drawBlackout(*generator) Fault { return Blackout{} }

func drawFlap(g *generator) Fault {
	return Flap{Who: [3]Target{One, Leader, Following(Leader)}[g.below("whom", 3)], Period: g.between("period", g.t/5, 3*g.t), Way: g.way()}
}

func drawPatchwork(g *generator) Fault {
	return Patchwork{P: g.percent("p", 100_000, 500_000), Period: g.between("period", g.t/8, 2*g.t), Hold: g.chance("hold", 40)}
}

func drawClientCut(g *generator) Fault {
	if len(g.c.Clients) == 0 {
		return Isolate{Who: One}
	}
	return ClientCut{Clients: [2]Target{One, Random}[g.below("which clients", 2)],
		Nodes: [4]Target{Leader, Followers, Majority, Following(Leader)}[g.below("which nodes", 4)]}
}

func drawClog(g *generator) Fault {
	return Clog{Links: [7]Links{Around(Leader), Around(One), OneWay(Leader, All), OneWay(All, Leader), OneWay(Leader, One),
		OneWay(One, Leader), OneWay(One, One)}[g.below("which", 7)]}
}

func drawSwizzle(g *generator) Fault {
	return Swizzle{For: g.between("for", g.t, 10*g.t), Pairs: 1 + int(g.below("pairs", 10))}
}

func drawLoss(g *generator) Fault {
	return Loss{Links: g.links(), P: g.percent("p", 10_000, 450_000), Clients: g.chance("clients", 40)}
}

func drawBurstyLoss(g *generator) Fault {
	return BurstyLoss{Links: g.links(), P: 800_000 + PPM(g.below("p", 3))*100_000,
		Bad: g.between("bad", g.t/20, g.t), Good: g.between("good", g.t/10, 4*g.t)}
}

func drawDuplicate(g *generator) Fault {
	return Duplicate{Links: g.links(), P: g.percent("p", 30_000, 800_000), Clients: g.chance("clients", 40)}
}

func drawDelay(g *generator) Fault {
	return Delay{Links: g.links(), By: g.between("by", g.t/100, 2*g.t), Jitter: g.between("jitter", g.t/100, g.t), Clients: g.chance("clients", 40)}
}

func drawReorder(g *generator) Fault {
	return Reorder{Links: g.links(), P: g.percent("p", 10_000, 300_000), By: g.between("by", g.t/5, 10*g.t)}
}

func drawCorruptMessages(g *generator) Fault {
	return CorruptMessages{Links: g.links(), P: g.percent("p", 5_000, 200_000)}
}

func drawReset(g *generator) Fault {
	return ResetConnections{Links: g.links(), P: g.percent("p", 1_000, 100_000), Clients: g.chance("clients", 50)}
}

func drawRefuse(g *generator) Fault {
	return RefuseDials{Links: g.links(), Clients: g.chance("clients", 50)}
}

func drawHang(g *generator) Fault {
	return HangDials{Links: g.links(), Clients: g.chance("clients", 50)}
}

// powerLoss draws what a crash takes.
func (g *generator) powerLoss() vdisk.CrashMode {
	return [10]vdisk.CrashMode{0, 0, 0, vdisk.LoseUnsynced, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSuffix,
		vdisk.LoseSubset, vdisk.Torn, vdisk.Torn}[g.below("power", 10)]
}

func drawCrash(g *generator) Fault { return Crash{Who: g.target(), Power: g.powerLoss()} }

func drawKill(g *generator) Fault {
	return KillAtEffect{Who: g.single(), Effect: 1 + int(g.between("effect", 1, 400)), Power: g.powerLoss()}
}

func drawCrashInRecovery(g *generator) Fault {
	return CrashInRecovery{Who: g.single(), Effect: 1 + int(g.between("effect", 1, 40)), Times: 1 + int(g.below("times", 5)), Power: g.powerLoss()}
}

func drawRolling(g *generator) Fault {
	return RollingRestart{Down: g.between("down", g.t/50, g.t), Gap: g.between("gap", g.t/10, 3*g.t), Reverse: g.chance("reverse", 50), Power: g.powerLoss()}
}

func drawPause(g *generator) Fault {
	if c := g.client("client"); c != "" && g.chance("a client", 10) {
		return Pause{Who: Only(c)}
	}
	return Pause{Who: g.target()}
}

func drawSlow(g *generator) Fault {
	return Slow{Who: g.single(), By: g.between("by", g.t/2000, g.t/50)}
}

// sign makes half of some durations negative.
func (g *generator) sign(d time.Duration) time.Duration {
	if g.below("sign", 2) == 0 {
		return -d
	}
	return d
}

func drawBump(g *generator) Fault {
	by := g.between("bump", g.t/2, 5*g.t)
	if far := g.between("far", g.t/10, 300*time.Second); g.chance("is far", 40) {
		by = far
	}
	return ClockBump{Who: g.target(), By: g.sign(by)}
}

func drawStrobe(g *generator) Fault {
	return ClockStrobe{Who: g.target(), Delta: g.sign(g.between("delta", g.t/100, 100*g.t)), Every: g.between("every", g.t/100, 2*g.t)}
}

func drawBackwards(g *generator) Fault {
	return ClockBackwards{Who: g.target(), By: g.between("by", g.t/20, 3*g.t), Every: g.between("every", g.t/10, 2*g.t)}
}

func drawFreeze(g *generator) Fault { return ClockFreeze{Who: g.target()} }

func drawDrift(g *generator) Fault {
	limit := uint64(300_000)
	if b := g.c.DriftBoundPPM; b > 0 {
		limit = uint64(b)
	}
	return Drift{Who: g.target(), Rate: int64(g.sign(time.Duration(1 + g.below("rate", limit))))}
}

func drawSyncError(g *generator) Fault {
	return SyncError{Who: g.single(), P: g.percent("p", 10_000, 300_000)}
}

func drawWriteError(g *generator) Fault {
	return WriteError{Who: g.single(), P: g.percent("p", 10_000, 200_000)}
}

func drawReadError(g *generator) Fault {
	return ReadError{Who: g.one("whose disk"), P: g.percent("p", 50_000, 1_000_000)}
}

func drawDiskFull(g *generator) Fault { return DiskFull{Who: g.target()} }

func drawSlowDisk(g *generator) Fault {
	return SlowDisk{Who: g.target(), By: g.between("by", g.t/200, g.t), Jitter: g.between("jitter", g.t/200, g.t)}
}

func drawStallDisk(g *generator) Fault { return StallDisk{Who: g.target()} }

func drawHunt(g *generator) Fault {
	return HuntLeader{By: Blow(g.below("by", uint64(len(blowNames)))), Reign: g.between("reign", g.t/5, 2*g.t),
		Hold: g.between("hold", g.t/2, 5*g.t), Times: 3 + int(g.below("times", 8)), Anyone: g.chance("anyone", 30)}
}

// rot damages the disk of one node, and restarts it a little later, because most of the damage shows
// only then.
func (g *generator) rot(at time.Duration) {
	who := g.one("whose disk")
	crash := Crash{Who: who, Power: vdisk.LoseUnsynced}
	sectors := 1 + int(g.below("sectors", 3))
	switch kind := g.below("rot", 4); {
	case g.c.AllowCorrupt && (kind < 2 || !g.c.AllowLies):
		g.add(at, CorruptDisk{Who: who, Sectors: sectors}, 0)
	case kind%2 == 0:
		g.add(at, MisdirectWrite{Who: who}, g.t)
	default:
		g.add(at, LoseWrite{Who: who, Sectors: sectors}, g.t)
	}
	g.add(at+g.between("then", g.t/20, 2*g.t), crash, g.between("down", g.t/20, g.t))
}

// amnesia takes the memory of one node.
func (g *generator) amnesia(at time.Duration) {
	who := g.one("whose disk")
	if g.chance("rollback", 40) && g.c.AllowLies || !g.c.AllowWipe {
		g.add(at, Rollback{Who: who}, g.between("back by", g.t/5, 6*g.t))
		return
	}
	g.add(at, Wipe{Who: who}, g.between("down", g.t/20, 2*g.t))
}
