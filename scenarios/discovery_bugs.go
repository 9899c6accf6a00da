package scenarios

// discoveryBug is a wrong form of discovery or of a watched configuration, and how it is planted.
type discoveryBug struct {
	Bug
	plant func(d *discoveryWorld)
}

const sourceWatches = "ZooKeeper Programmer's Guide, Things to Remember about Watches"

func discoveryMuseum() []discoveryBug {
	const sessions, ephemerals = "ZooKeeper Programmer's Guide, ZooKeeper Sessions", "ZooKeeper Programmer's Guide, Ephemeral Nodes"
	return []discoveryBug{
		{Bug{"keeps-old", ephemerals, "after a restart NODEEXISTS is taken for success, and the old session takes the node with it", servesAgain, "1-200"},
			func(d *discoveryWorld) { d.discovery.KeepsOld = true }},
		{Bug{"watch-once", sourceWatches, "a watch that has fired is not left again", servesAgain, "1-100"},
			func(d *discoveryWorld) { d.discovery.WatchOnce = true }},
		{Bug{"counts-events", "ZooKeeper: no recursive watch tells of what happened while the connection was lost",
			"a list is kept by events, and not made anew after a reconnection", servesAgain, "1-200"},
			func(d *discoveryWorld) { d.discovery.CountsEvents = true }},
		{Bug{"config-watch-after", sourceWatches, "a configuration is read, and only then watched", servesAgain, "1-500"},
			func(d *discoveryWorld) { d.settings.WatchAfter = true }},
		{Bug{"config-not-reread", sessions, "after a session has expired its watches are waited for all the same", servesAgain, "1-500"},
			func(d *discoveryWorld) { d.settings.NotReread = true }},
		{Bug{"config-counts-updates", sourceWatches, "one event is taken for one update", discoveryVersion, "1-100"},
			func(d *discoveryWorld) { d.settings.CountsUpdates = true }},
	}
}

func discoveryBugs() []Bug {
	var list []Bug
	for _, b := range discoveryMuseum() {
		list = append(list, b.Bug)
	}
	return list
}

func (d *discoveryWorld) plant(name string) {
	for _, b := range discoveryMuseum() {
		if b.Name == name {
			b.plant(d)
		}
	}
}
