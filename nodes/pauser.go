package nodes

// Pauser is what an Env implements if it can leave unread what comes on a connection, so that the sender slows
// down. Live's does. Without it a node that takes nothing keeps what comes, which the simulator bounds by
// the workload.
type Pauser interface {
	// Pause stops handing over what comes on c; what was read already may still come.
	Pause(c Conn)
	// Resume goes on.
	Resume(c Conn)
}
