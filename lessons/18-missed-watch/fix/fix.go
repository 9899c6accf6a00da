// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/18-missed-watch"

// New makes what follows the configuration.
func New() missed.Follower { return follower{} }

type follower struct{}

// Follow reads the configuration, uses it, and returns when there is something new.
func (follower) Follow(n missed.Node) {
	value, ok := n.Get(false)
	if !ok {
		return
	}
	n.Use(value)
	// Your lines here: from when on does a watch see changes, and what was read before?
	if !n.Exists() {
		return
	}
	n.Wait()
}
