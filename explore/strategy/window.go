package strategy

import "time"

// windowParam is the parameter of all strategies that order events: how late an event may be.
func windowParam() Param {
	return Param{Name: "window", About: "how late an event may be, in ms; 0 draws it for each execution", Default: 0, Min: 0, Max: 60_000}
}

// The window that is drawn is log-uniform between these: from less than a message takes, so that only
// what is close in time is turned round, to more than most time-outs.
const (
	windowLeast = time.Millisecond
	windowMost  = time.Second
)

func drawWindow(ms int, d dice) time.Duration {
	if w := d.between(windowLeast, windowMost); ms == 0 {
		return w
	}
	return time.Duration(ms) * time.Millisecond
}
