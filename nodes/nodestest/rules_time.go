package nodestest

import (
	"time"

	"orrery/nodes"
)

const ms = time.Millisecond

var timerRules = []Rule{
	{"ATimerFiresOnceAndNeverEarly", timersNotEarly},
	{"ATimerReplacesOneOfTheSameTag", timerReplaced},
	{"AStoppedTimerDoesNotFire", timerStopped},
	{"ATimerThatIsDueCanStillBeStopped", timerStoppedWhenDue},
	{"ATimerWithoutDelayFiresAfterTheHandler", timerWithoutDelay},
	{"TimersDieWithTheirProcess", timersDie},
}

func timersNotEarly(c *cluster) {
	type timer struct{ set, d time.Duration }
	timers := map[nodes.Tag]timer{}
	fired := map[nodes.Tag]int{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			for i := range uint64(20) {
				tag := nodes.Tag{Name: "t", N: i / 2}
				if i%2 == 1 {
					tag.Name = "u"
				}
				timers[tag] = timer{env.Monotonic(), time.Duration(i*i*173) * time.Microsecond}
				env.SetTimer(tag, timers[tag].d)
			}
			return nil
		},
		fire: func(env nodes.Env, tag nodes.Tag) {
			t, set := timers[tag]
			if after := env.Monotonic() - t.set; !set || after < t.d {
				c.wrongf("timer %v of %v fired after %v", tag, t.d, after)
			}
			if fired[tag]++; fired[tag] > 1 {
				c.wrongf("timer %v fired %d times", tag, fired[tag])
			}
		}})
	c.until("all timers have fired", func() bool { return len(fired) == len(timers) })
	c.pass(silence)
}

func timerReplaced(c *cluster) {
	later, sooner := nodes.Tag{Name: "later"}, nodes.Tag{Name: "sooner"}
	var set time.Duration
	fired := map[nodes.Tag]int{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			set = env.Monotonic()
			env.SetTimer(later, 5*ms)
			env.SetTimer(later, 60*ms)
			env.SetTimer(sooner, time.Hour)
			env.SetTimer(sooner, 5*ms)
			return nil
		},
		fire: func(env nodes.Env, tag nodes.Tag) {
			if after := env.Monotonic() - set; tag == later && after < 60*ms {
				c.wrongf("the timer of 60 ms fired after %v", after)
			}
			fired[tag]++
		}})
	c.until("both timers have fired", func() bool { return fired[later] > 0 && fired[sooner] > 0 })
	c.pass(silence)
	c.look(func() {
		if fired[later] != 1 || fired[sooner] != 1 {
			c.wrongf("a replaced timer fired as well: %v", fired)
		}
	})
}

func timerStopped(c *cluster) {
	stopped, restarted := nodes.Tag{Name: "stopped"}, nodes.Tag{Name: "restarted"}
	fired := map[nodes.Tag]int{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.StopTimer(stopped) // never set: nothing to stop
			for _, tag := range []nodes.Tag{stopped, restarted} {
				env.SetTimer(tag, 20*ms)
				env.StopTimer(tag)
			}
			env.SetTimer(restarted, 20*ms)
			return nil
		},
		fire: func(_ nodes.Env, tag nodes.Tag) { fired[tag]++ }})
	c.until("the timer that was set again has fired", func() bool { return fired[restarted] > 0 })
	c.pass(silence)
	c.look(func() {
		if fired[stopped] != 0 || fired[restarted] != 1 {
			c.wrongf("fired: %v", fired)
		}
	})
}

func timerStoppedWhenDue(c *cluster) {
	tags := [2]nodes.Tag{{Name: "t", N: 1}, {Name: "t", N: 2}}
	fired := 0
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.SetTimer(tags[0], 10*ms)
			env.SetTimer(tags[1], 10*ms)
			return nil
		},
		fire: func(env nodes.Env, tag nodes.Tag) {
			fired++
			env.StopTimer(tags[0])
			env.StopTimer(tags[1])
		}})
	c.until("one timer has fired", func() bool { return fired > 0 })
	c.pass(silence)
	c.look(func() {
		if fired != 1 {
			c.wrongf("the first timer stopped the second one, which fired all the same")
		}
	})
}

func timerWithoutDelay(c *cluster) {
	fired := map[uint64]bool{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.SetTimer(nodes.Tag{Name: "t", N: 0}, 0)
			env.SetTimer(nodes.Tag{Name: "t", N: 1}, -time.Second)
			return nil
		},
		fire: func(_ nodes.Env, tag nodes.Tag) { fired[tag.N] = true }})
	c.until("both timers have fired", func() bool { return len(fired) == 2 })
}

func timersDie(c *cluster) {
	c.start("n1", &probe{c: c, boot: func(env nodes.Env) error {
		env.SetTimer(nodes.Tag{Name: "old"}, silence)
		return nil
	}})
	c.restart("n1", &probe{c: c, fire: func(_ nodes.Env, tag nodes.Tag) {
		c.wrongf("timer %v of an earlier process fired", tag)
	}})
	c.pass(2 * silence)
}

var clockRules = []Rule{
	{"MonotonicTimeBeginsWithTheProcessAndNeverGoesBack", monotonic},
	{"EveryHandlerSeesAClockAndRandomness", clockAndRandomness},
}

func monotonic(c *cluster) {
	var last time.Duration
	ticker := func() *probe {
		tick := func(env nodes.Env) {
			for range 3 {
				now := env.Monotonic()
				if now < last || now < 0 {
					c.wrongf("monotonic time went from %v to %v", last, now)
				}
				last = now
			}
		}
		p := &probe{c: c}
		p.boot = func(env nodes.Env) error {
			tick(env)
			env.SetTimer(againTimer, 5*ms)
			return nil
		}
		p.fire = func(env nodes.Env, _ nodes.Tag) {
			tick(env)
			env.SetTimer(againTimer, 5*ms)
		}
		return p
	}
	c.start("n1", ticker())
	c.until("a second has passed", func() bool { return last > time.Second })
	c.rt.Kill("n1")
	c.look(func() { last = 0 })
	second := ticker()
	boot := second.boot
	second.boot = func(env nodes.Env) error {
		if now := env.Monotonic(); now >= time.Second {
			c.wrongf("the new process begins at %v", now)
		}
		return boot(env)
	}
	c.start("n1", second)
	c.until("time passes again", func() bool { return last > 20*ms })
}

func clockAndRandomness(c *cluster) {
	coins := map[uint64]int{}
	c.start("n2", &Echo{})
	p := &probe{c: c}
	draw := func(env nodes.Env) {
		if env.Self() != "n1" || env.Now().IsZero() {
			c.wrongf("%s at %v", env.Self(), env.Now())
		}
		coins[env.Rand().Uint64N(2)]++
	}
	repeat(p, func(env nodes.Env) {
		draw(env)
		env.Send("n2", Ping{1})
	})
	p.deliver = func(env nodes.Env, _ nodes.ID, _ nodes.Message) { draw(env) }
	c.start("n1", p)
	c.until("the coin has shown both sides", func() bool { return coins[0] > 0 && coins[1] > 0 })
}
