package etcdraft_test

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// stormy is a network with a heavy tail, loss and duplicates, and disks that take their time.
func stormy(seed uint64) sim.Config {
	return sim.Config{
		Seed: seed,
		Net: sim.NetConfig{
			Delay:        sim.Dist{Min: time.Millisecond, Mean: 2 * time.Millisecond, TailPPM: 5_000, TailMax: 200 * time.Millisecond},
			LossPPM:      5_000,
			DuplicatePPM: 5_000,
		},
		Disk:    sim.DiskConfig{Sync: sim.Dist{Min: time.Millisecond, Mean: 4 * time.Millisecond}},
		Clocks:  sim.ClockConfig{OffsetMax: time.Minute, DriftPPM: 500},
		IdleMax: 2_000_000,
	}
}

// storm plans a fault every second or so until calm comes: losses of power, kills in the middle of a handler,
// partitions, bursts of loss, and disks whose syncs fail. All members are up again afterwards.
func (k *cluster) storm(calm time.Duration) {
	for at, i := time.Duration(0), uint64(0); at < calm; i++ {
		draw := func(what string, n int) int { return int(k.Draw("nemesis/"+what, i, uint64(n))) }
		target := k.Machine(k.peers[draw("target", len(k.peers))])
		length := time.Duration(50+draw("length", 2000)) * time.Millisecond
		kind := draw("kind", 6)
		k.After(at, "nemesis", func() { k.strike(kind, target, length, draw("detail", 1000)) })
		at += time.Duration(200+draw("pause", 1500)) * time.Millisecond
	}
	k.After(calm, "calm", func() {
		k.HealAll()
		k.startAll()
	})
}

// startAll starts the members that are down.
func (k *cluster) startAll() {
	for _, id := range k.peers {
		k.Machine(id).Start(0)
	}
}

// strike begins one fault, which ends after length.
func (k *cluster) strike(kind int, target *sim.Machine, length time.Duration, detail int) {
	modes := []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn}
	how := modes[detail%len(modes)]
	var fault *sim.Active
	switch kind {
	case 0:
		loss := target.Kill(how)
		fault = k.Strike(fmt.Sprintf("kill %s, %v", target.ID(), how), 1+uint64(loss.Bytes))
	case 1: // all at once: what was not synced anywhere is nowhere
		for _, id := range k.peers {
			k.Machine(id).Kill(how)
		}
		fault = k.Strike(fmt.Sprintf("kill all, %v", how), uint64(len(k.peers)))
	case 2:
		target.KillAtEffect(1+detail%40, how)
		fault = k.Strike(fmt.Sprintf("kill %s at an effect, %v", target.ID(), how), 1)
	case 3:
		fault = k.DisturbLinks("isolate "+string(target.ID()), k.around(target.ID(), detail%3), sim.LinkFault{Cut: true})
	case 4:
		fault = k.DisturbLinks("loss around "+string(target.ID()), k.around(target.ID(), 0), sim.LinkFault{LossPPM: 300_000, DuplicatePPM: 100_000})
	case 5:
		fault = k.DisturbDisks("failing syncs of "+string(target.ID()), []nodes.ID{target.ID()}, sim.DiskFault{SyncErrorPPM: 50_000})
	}
	k.After(length, "heal", func() {
		fault.End()
		k.startAll()
	})
}

// around is the links between a member and the others: both ways (0), those to it (1) or from it (2).
func (k *cluster) around(id nodes.ID, ways int) (pairs [][2]nodes.ID) {
	for _, other := range slices.DeleteFunc(slices.Clone(k.peers), func(p nodes.ID) bool { return p == id }) {
		if ways != 2 {
			pairs = append(pairs, [2]nodes.ID{other, id})
		}
		if ways != 1 {
			pairs = append(pairs, [2]nodes.ID{id, other})
		}
	}
	return pairs
}
