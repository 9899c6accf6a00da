package scenarios

import (
	"fmt"

	"orrery/nodes/zab/recipes"
)

// recipeBug is a wrong form of a recipe: which one, how it is made wrong, and what is said of it.
type recipeBug struct {
	Bug
	part  string
	plant func(p recipePart, r *recipeWorld)
}

// recipeKinds are the recipes, each as a part that has no quirks.
var recipeKinds = []struct {
	name string
	make func(r *recipeWorld) recipePart
}{
	{"lock", func(r *recipeWorld) recipePart { return &lockPart{r: r, kind: "lock"} }},
	{"rwlock", func(r *recipeWorld) recipePart { return &lockPart{r: r, kind: "rwlock"} }},
	{"election", func(r *recipeWorld) recipePart { return &electionPart{r: r} }},
	{"barrier", func(r *recipeWorld) recipePart { return &gatePart{r: r} }},
	{"double-barrier", func(r *recipeWorld) recipePart { return &doublePart{r: r, called: map[int]map[string]bool{}} }},
	{"counter", func(r *recipeWorld) recipePart { return &counterPart{r: r} }},
	{"queue", func(r *recipeWorld) recipePart {
		return &queuePart{r: r, kind: "queue", queues: map[string]*recipes.Queue{}}
	}},
	{"priority-queue", func(r *recipeWorld) recipePart {
		return &queuePart{r: r, kind: "priority-queue", queues: map[string]*recipes.Queue{}}
	}},
	{"two-phase-commit", func(r *recipeWorld) recipePart { return &commitPart{r: r} }},
	{"discovery", func(r *recipeWorld) recipePart {
		return &discoveryPart{r: r, directories: map[string]*recipes.Directory{}, starts: map[string]uint32{}, registered: map[string]int64{}}
	}},
	{"config", func(r *recipeWorld) recipePart {
		return &configPart{r: r, settings: map[string]*recipes.Settings{}, starts: map[string]uint32{}}
	}},
}

// drawParts draws one recipe or two, or takes that of the planted defect.
func (r *recipeWorld) drawParts() error {
	n := uint64(len(recipeKinds))
	first := int(r.w.Draw("recipe", n))
	var bug *recipeBug
	if name := r.w.Options.Bug; name != "" {
		for i := range recipeMuseum {
			if recipeMuseum[i].Name == name {
				bug = &recipeMuseum[i]
			}
		}
		if bug == nil {
			return fmt.Errorf("there is no bug %q", name)
		}
		for i, k := range recipeKinds {
			if k.name == bug.part {
				first = i
			}
		}
	}
	r.parts = append(r.parts, recipeKinds[first].make(r))
	if second := int(r.w.Draw("second recipe", n)); r.w.Chance("two recipes", 400_000) && second != first {
		r.parts = append(r.parts, recipeKinds[second].make(r))
	}
	if bug != nil {
		bug.plant(r.parts[0], r)
	}
	return nil
}

func recipeBugs() []Bug {
	var list []Bug
	for _, b := range recipeMuseum {
		list = append(list, b.Bug)
	}
	return list
}

func lockBug(name, kind, seeds, breaks, source, what string, set func(q *recipes.LockQuirks)) recipeBug {
	return recipeBug{Bug{name, source, what, breaks, seeds}, kind, func(p recipePart, _ *recipeWorld) { set(&p.(*lockPart).quirks) }}
}

const (
	sourceRecipes = "ZooKeeper Recipes and Solutions"
	sourceErrors  = "ZooKeeper, Error Handling in Recipes"
	servesAgain   = "liveness: the core serves"
)

// recipeMuseum are the wrong forms, with the seeds in which each is found.
var recipeMuseum = []recipeBug{
	lockBug("lock-herd", "lock", "1-100", recipeHerd, sourceRecipes+", Locks: the herd effect",
		"all that wait for a lock watch its parent, and each release wakes all of them", func(q *recipes.LockQuirks) { q.WatchParent = true }),
	lockBug("lock-no-recheck", "lock", "1-100", recipeExclusion, sourceRecipes+", Locks, step 5",
		"the end of the predecessor is taken for one's turn, though it may only have given up", func(q *recipes.LockQuirks) { q.NoRecheck = true }),
	lockBug("lock-sorts-names", "lock", "1-100", recipeExclusion, "Curator, LockInternalsSorter",
		"the queue is ordered by whole names, which begin with what was drawn", func(q *recipes.LockQuirks) { q.SortByName = true }),
	lockBug("lock-no-search", "lock", "1-300", servesAgain, sourceErrors+"; Curator and kazoo, protected creates",
		"after a CONNECTIONLOSS the node is created again, and the first one blocks everybody", func(q *recipes.LockQuirks) { q.NoSearch = true }),
	lockBug("lock-leaves-node", "lock", "1-100", servesAgain, "go-zookeeper, Lock",
		"who gives up leaves his node in the queue, where it blocks everybody", func(q *recipes.LockQuirks) { q.LeaveNode = true }),
	{Bug{"lock-no-fencing", "Kleppmann, How to do distributed locking, 2016; Chubby (OSDI 2006), 2.4",
		"the resource does not compare tokens, and lets in who held the lock before a pause", recipeUpdates, "1-200"}, "lock",
		func(_ recipePart, r *recipeWorld) { r.store.fences, r.trouble, r.long = false, pauseTrouble, true }},
	lockBug("rwlock-sorts-names", "rwlock", "1-100", recipeExclusion, "Curator, LockInternalsSorter",
		"readers and writers are ordered by whole names", func(q *recipes.LockQuirks) { q.SortByName = true }),
	lockBug("rwlock-no-recheck", "rwlock", "1-100", recipeExclusion, sourceRecipes+", Shared Locks",
		"the end of the node in front is taken for one's turn", func(q *recipes.LockQuirks) { q.NoRecheck = true }),
	lockBug("rwlock-neighbour-only", "rwlock", "1-100", recipeExclusion, sourceRecipes+", Shared Locks, step 3",
		"a reader goes in behind another reader, though a writer stands in front of both", func(q *recipes.LockQuirks) { q.NeighbourOnly = true }),
	{Bug{"election-only-expired", "ZooKeeper Programmer's Guide, ZooKeeper Sessions; Curator, LeaderLatch on SUSPENDED",
		"a leader that is cut off leads on until it is told that its session has expired", recipeLeaders, "1-300"}, "election",
		func(p recipePart, r *recipeWorld) {
			p.(*electionPart).quirks.OnlyExpired, r.trouble, r.long = true, cutTrouble, true
		}},
	{Bug{"election-no-recheck", sourceRecipes + ", Leader Election",
		"the end of the candidate in front is taken for one's election", recipeExclusion, "1-100"}, "election",
		func(p recipePart, _ *recipeWorld) { p.(*electionPart).quirks.Lock.NoRecheck = true }},
	{Bug{"barrier-any-event", sourceRecipes + ", Barriers; Curator, DistributedBarrier",
		"any event of the barrier's node lets through, a write too", recipeGate, "1-100"}, "barrier",
		func(p recipePart, _ *recipeWorld) { p.(*gatePart).quirks.AnyEvent = true }},
	{Bug{"double-barrier-stale-ready", sourceRecipes + ", Double Barriers",
		"the node that says that all are there is left from the round before", recipeTogether, "1-100"}, "double-barrier",
		func(p recipePart, _ *recipeWorld) { p.(*doublePart).quirks.SamePath = true }},
	{Bug{"double-barrier-reuse", sourceRecipes + ", Double Barriers",
		"the place of a round is used again while some have not left it", recipeTogether, "1-300"}, "double-barrier",
		func(p recipePart, _ *recipeWorld) { p.(*doublePart).quirks.ReusePath = true }},
	{Bug{"double-barrier-leaves-alone", sourceRecipes + ", Double Barriers, leave",
		"who is done leaves, and waits for nobody", recipeTogether, "1-100"}, "double-barrier",
		func(p recipePart, _ *recipeWorld) { p.(*doublePart).quirks.LeaveAlone = true }},
	{Bug{"counter-blind-write", "ZooKeeper Programmer's Guide, Data Access: versions",
		"a counter is written whatever its version is by then", recipeCounter, "1-100"}, "counter",
		func(p recipePart, _ *recipeWorld) { p.(*counterPart).quirks.BlindWrite = true }},
	{Bug{"counter-no-token", sourceErrors,
		"an addition is made again after a CONNECTIONLOSS, though it may have been carried out", recipeCounter, "1-300"}, "counter",
		func(p recipePart, _ *recipeWorld) { p.(*counterPart).quirks.NoToken = true }},
	{Bug{"queue-no-cas", sourceRecipes + ", Queues",
		"an item is taken although somebody else has deleted it", recipeQueue, "1-100"}, "queue",
		func(p recipePart, _ *recipeWorld) { p.(*queuePart).quirks.NoCAS = true }},
	{Bug{"queue-retries-put", sourceErrors,
		"an item is put again after a CONNECTIONLOSS", recipeQueue, "1-300"}, "queue",
		func(p recipePart, _ *recipeWorld) { p.(*queuePart).quirks.RetryPut = true }},
	{Bug{"priority-queue-as-text", sourceRecipes + ", Priority Queues",
		"priorities are compared as texts: 10 comes before 9", recipePriority, "1-100"}, "priority-queue",
		func(p recipePart, _ *recipeWorld) { p.(*queuePart).quirks.TextOrder = true }},
	{Bug{"priority-queue-old-list", sourceRecipes + ", Priority Queues: the up-to-date children list",
		"a list is worked through to its end, whatever has come since", recipePriority, "1-100"}, "priority-queue",
		func(p recipePart, _ *recipeWorld) { p.(*queuePart).quirks.OldList = true }},
	{Bug{"2pc-blind-decision", sourceRecipes + ", Two-phased Commit",
		"a decision is written over another one", recipeAtomic, "1-300"}, "two-phase-commit",
		func(p recipePart, _ *recipeWorld) { p.(*commitPart).quirks.BlindDecision = true }},
	{Bug{"2pc-own-mind", "Bernstein, Hadzilacos and Goodman 1987, 7.4",
		"a site that has voted yes aborts by itself when no decision comes", recipeAtomic, "1-100"}, "two-phase-commit",
		func(p recipePart, _ *recipeWorld) { p.(*commitPart).quirks.OwnMind = true }},
	{Bug{"2pc-counts-missing", sourceRecipes + ", Two-phased Commit",
		"a transaction commits when nobody has voted no, though not all have voted", recipeAtomic, "1-100"}, "two-phase-commit",
		func(p recipePart, _ *recipeWorld) { p.(*commitPart).quirks.CountsMissing = true }},
	{Bug{"discovery-keeps-old", "ZooKeeper Programmer's Guide, Ephemeral Nodes",
		"after a restart NODEEXISTS is taken for success, and the old session takes the node with it", servesAgain, "1-100"}, "discovery",
		func(p recipePart, _ *recipeWorld) { p.(*discoveryPart).quirks.KeepsOld = true }},
	{Bug{"discovery-watch-once", "ZooKeeper Programmer's Guide, Things to Remember about Watches",
		"a watch that has fired is not left again", servesAgain, "1-100"}, "discovery",
		func(p recipePart, _ *recipeWorld) { p.(*discoveryPart).quirks.WatchOnce = true }},
	{Bug{"discovery-counts-events", "ZooKeeper 3.8.0 and later: no recursive watch tells of what happened while the connection was lost",
		"a list is kept by events, and not made anew after a reconnection", servesAgain, "1-300"}, "discovery",
		func(p recipePart, _ *recipeWorld) { p.(*discoveryPart).quirks.CountsEvents = true }},
	{Bug{"discovery-stale-reads", "ZooKeeper Programmer's Guide, Consistency Guarantees: sync",
		"a lookup is answered by a server that lags behind what the caller was told", recipeTold, "1-300"}, "discovery",
		func(p recipePart, _ *recipeWorld) { p.(*discoveryPart).quirks.StaleReads = true }},
	{Bug{"config-watch-after", "ZooKeeper Programmer's Guide, Things to Remember about Watches",
		"a configuration is read, and only then watched", servesAgain, "1-500"}, "config",
		func(p recipePart, _ *recipeWorld) { p.(*configPart).quirks.WatchAfter = true }},
	{Bug{"config-not-reread", "ZooKeeper Programmer's Guide, ZooKeeper Sessions",
		"after a session has expired its watches are waited for all the same", servesAgain, "1-300"}, "config",
		func(p recipePart, _ *recipeWorld) { p.(*configPart).quirks.NotReread = true }},
	{Bug{"config-counts-updates", "ZooKeeper Programmer's Guide, Things to Remember about Watches",
		"one event is taken for one update", servesAgain, "1-100"}, "config",
		func(p recipePart, _ *recipeWorld) { p.(*configPart).quirks.CountsUpdates = true }},
	{Bug{"config-blind-write", "ZooKeeper Programmer's Guide, Data Access: versions",
		"an update is written over those that came since it was read", recipeUpdatesStay, "1-100"}, "config",
		func(p recipePart, _ *recipeWorld) { p.(*configPart).quirks.BlindWrite = true }},
}
