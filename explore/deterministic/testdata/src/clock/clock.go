package clock

import (
	"time"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	started time.Time
	timer   *time.Timer // a type alone reads no clock
}

func (n *node) bad() {
	n.started = time.Now()        // want `time.Now reaches outside the universe; use Env.Now or Env.Monotonic`
	_ = time.Since(n.started)     // want `time.Since`
	_ = time.Until(n.started)     // want `time.Until`
	time.Sleep(time.Second)       // want `time.Sleep reaches outside the universe; use Env.SetTimer`
	_ = time.After(time.Second)   // want `time.After`
	time.AfterFunc(1, func() {})  // want `time.AfterFunc`
	_ = time.Tick(time.Second)    // want `time.Tick`
	_ = time.NewTimer(1)          // want `time.NewTimer`
	_ = time.NewTicker(1)         // want `time.NewTicker`
	n.timer.Reset(1)              // want `time.Timer.Reset`
	_ = n.started.Local()         // want `time.Time.Local reaches outside the universe; use UTC`
	_ = n.started.In(time.Local)  // want `time.Local`
	later := time.Now             // want `time.Now`
	_, _ = time.LoadLocation("x") // want `time.LoadLocation`
	_ = later
}

type clock struct{}

func (clock) Now() int { return 1 }

func (n *node) good(env nodes.Env) {
	n.started = env.Now()
	_ = env.Now().Add(time.Second).Sub(n.started).Truncate(time.Millisecond)
	_ = time.Unix(0, 0).UTC()
	time := clock{}
	_ = time.Now()
}
