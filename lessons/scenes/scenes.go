package scenes

import (
	lostack "orrery/lessons/01-lost-acknowledgement"
	fix01 "orrery/lessons/01-lost-acknowledgement/fix"
	solution01 "orrery/lessons/01-lost-acknowledgement/fix/solution"
	clocks "orrery/lessons/03-clocks-lie"
	fix03 "orrery/lessons/03-clocks-lie/fix"
	solution03 "orrery/lessons/03-clocks-lie/fix/solution"
	detector "orrery/lessons/04-failure-detector"
	fix04 "orrery/lessons/04-failure-detector/fix"
	solution04 "orrery/lessons/04-failure-detector/fix/solution"
	majority "orrery/lessons/06-any-two-majorities"
	fix06 "orrery/lessons/06-any-two-majorities/fix"
	solution06 "orrery/lessons/06-any-two-majorities/fix/solution"
	dueling "orrery/lessons/07-dueling-proposers"
	fix07 "orrery/lessons/07-dueling-proposers/fix"
	solution07 "orrery/lessons/07-dueling-proposers/fix/solution"
	chosen "orrery/lessons/08-chosen-for-ever"
	fix08 "orrery/lessons/08-chosen-for-ever/fix"
	solution08 "orrery/lessons/08-chosen-for-ever/fix/solution"
	forgotten "orrery/lessons/09-forgotten-promise"
	fix09 "orrery/lessons/09-forgotten-promise/fix"
	solution09 "orrery/lessons/09-forgotten-promise/fix/solution"
	holes "orrery/lessons/10-holes"
	fix10 "orrery/lessons/10-holes/fix"
	solution10 "orrery/lessons/10-holes/fix/solution"
	leases "orrery/lessons/12-lease-reads"
	fix12 "orrery/lessons/12-lease-reads/fix"
	solution12 "orrery/lessons/12-lease-reads/fix/solution"
	zombie "orrery/lessons/14-zombie-leader"
	fix14 "orrery/lessons/14-zombie-leader/fix"
	solution14 "orrery/lessons/14-zombie-leader/fix/solution"
	vanish "orrery/lessons/15-entry-that-must-vanish"
	fix15 "orrery/lessons/15-entry-that-must-vanish/fix"
	solution15 "orrery/lessons/15-entry-that-must-vanish/fix/solution"
	stale "orrery/lessons/16-stale-read"
	fix16 "orrery/lessons/16-stale-read/fix"
	solution16 "orrery/lessons/16-stale-read/fix/solution"
	herd "orrery/lessons/17-herd-effect"
	fix17 "orrery/lessons/17-herd-effect/fix"
	solution17 "orrery/lessons/17-herd-effect/fix/solution"
	missed "orrery/lessons/18-missed-watch"
	fix18 "orrery/lessons/18-missed-watch/fix"
	solution18 "orrery/lessons/18-missed-watch/fix/solution"
	expired "orrery/lessons/19-expired-session"
	fix19 "orrery/lessons/19-expired-session/fix"
	solution19 "orrery/lessons/19-expired-session/fix/solution"
	acksone "orrery/lessons/20-acks-one"
	fix20 "orrery/lessons/20-acks-one/fix"
	solution20 "orrery/lessons/20-acks-one/fix/solution"
	hwloses "orrery/lessons/21-high-watermark-loses"
	fix21 "orrery/lessons/21-high-watermark-loses/fix"
	solution21 "orrery/lessons/21-high-watermark-loses/fix/solution"
	diverges "orrery/lessons/22-high-watermark-diverges"
	fix22 "orrery/lessons/22-high-watermark-diverges/fix"
	solution22 "orrery/lessons/22-high-watermark-diverges/fix/solution"
	lastreplica "orrery/lessons/23-last-replica"
	fix23 "orrery/lessons/23-last-replica/fix"
	solution23 "orrery/lessons/23-last-replica/fix/solution"
	zombieproducer "orrery/lessons/24-zombie-producer"
	fix24 "orrery/lessons/24-zombie-producer/fix"
	solution24 "orrery/lessons/24-zombie-producer/fix/solution"
	commit "orrery/lessons/25-two-and-three-phases"
	fix25 "orrery/lessons/25-two-and-three-phases/fix"
	solution25 "orrery/lessons/25-two-and-three-phases/fix/solution"
	fsyncgate "orrery/lessons/26-fsyncgate"
	fix26 "orrery/lessons/26-fsyncgate/fix"
	solution26 "orrery/lessons/26-fsyncgate/fix/solution"
	fencing "orrery/lessons/27-fencing"
	fix27 "orrery/lessons/27-fencing/fix"
	solution27 "orrery/lessons/27-fencing/fix/solution"
	ackers "orrery/lessons/28-acker-lost-tuple"
	fix28 "orrery/lessons/28-acker-lost-tuple/fix"
	solution28 "orrery/lessons/28-acker-lost-tuple/fix/solution"
	"orrery/lessons/stage"
)

// All are the scenes, by the number of their lesson.
func All() []*stage.Scene {
	return []*stage.Scene{
		clocks.Scene(fix03.New, solution03.New),
		majority.Scene(fix06.New, solution06.New),
		stale.Scene(fix16.New, solution16.New),
		expired.Scene(fix19.New, solution19.New),
		zombie.Scene(fix14.New, solution14.New),
		vanish.Scene(fix15.New, solution15.New),
		missed.Scene(fix18.New, solution18.New),
		herd.Scene(fix17.New, solution17.New),
		hwloses.Scene(fix21.New, solution21.New),
		diverges.Scene(fix22.New, solution22.New),
		acksone.Scene(fix20.New, solution20.New),
		lastreplica.Scene(fix23.New, solution23.New),
		zombieproducer.Scene(fix24.New, solution24.New),
		commit.Scene(fix25.New, solution25.New),
		fencing.Scene(fix27.New, solution27.New),
		fsyncgate.Scene(fix26.New, solution26.New),
		ackers.Scene(fix28.New, solution28.New),
		holes.Scene(fix10.New, solution10.New),
		leases.Scene(fix12.New, solution12.New),
		detector.Scene(fix04.New, solution04.New),
		lostack.Scene(fix01.New, solution01.New),
		dueling.Scene(fix07.New, solution07.New),
		chosen.Scene(fix08.New, solution08.New),
		forgotten.Scene(fix09.New, solution09.New),
	}
}

// Of returns the scene of a lesson, or nil.
func Of(lesson int) *stage.Scene {
	for _, s := range All() {
		if s.Number == lesson {
			return s
		}
	}
	return nil
}
