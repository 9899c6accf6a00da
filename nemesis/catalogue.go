package nemesis

// families lists the families in the order in which people read them.
var families = []Family{
	{Name: "partition", Doc: "cuts between nodes: one, halves, groups, rings, bridges, one way, to and fro"},
	{Name: "clog", Doc: "links that hold messages back, and let all of them go at once, late"},
	{Name: "loss", Doc: "messages that do not arrive, evenly or in bursts"},
	{Name: "duplicate", Doc: "messages that arrive twice"},
	{Name: "delay", Doc: "messages that arrive late, or overtake each other"},
	{Name: "corrupt", Doc: "messages whose bits are flipped on the way"},
	{Name: "connection", Doc: "connections that break, are refused, or are never answered"},
	{Name: "crash", Doc: "processes killed, and machines without power, also between two effects and in recovery"},
	{Name: "pause", Doc: "processes that stand still or are slow"},
	{Name: "clock", Doc: "clocks that jump, drift, stand still and run backwards"},
	{Name: "disk", Doc: "disks that fail, are full, slow or stuck"},
	{Name: "rot", Doc: "disks that keep wrong bytes: rot, misdirected writes, writes that never arrived"},
	{Name: "amnesia", Doc: "disks that are wiped or set back to an older state"},
	{Name: "hunt", Doc: "whoever comes to lead is struck, again and again"},
}

// kinds is the catalogue. A kind cannot be added without a way to end: what it does, it does
// through disturbances, which have one.
var kinds []*Kind

func init() {
	kinds = []*Kind{
		define[Isolate]("isolate", "partition", Costly, "cuts machines off from all other nodes"),
		define[Halves]("halves", "partition", Costly, "splits the nodes into a minority and a majority, drawn"),
		define[Split]("split", "partition", Costly, "splits the machines into the groups that are named"),
		define[RandomGroups]("random-groups", "partition", Costly, "puts every node into one of some groups, drawn"),
		define[MajoritiesRing]("majorities-ring", "partition", Costly, "lets every node see a majority, and no two the same"),
		define[Bridge]("bridge", "partition", Costly, "splits the nodes into halves that only one node still sees both of"),
		define[OneWayCut]("one-way", "partition", Costly, "cuts links in one direction only"),
		define[Cut]("cut", "partition", Costly, "cuts links"),
		define[Blackout]("blackout", "partition", Costly, "cuts all links between nodes"),
		define[Flap]("flap", "partition", Costly, "isolates machines again and again, for a while each time"),
		define[Patchwork]("patchwork", "partition", Costly, "cuts some directions of links, drawn one by one, and others in the next period"),
		define[ClientCut]("client-cut", "partition", InModel, "cuts clients off from nodes"),

		define[Clog]("clog", "clog", Costly, "holds messages back until it ends; then they all arrive, in any order"),
		define[Swizzle]("swizzle", "clog", Costly, "clogs drawn nodes one after another, and unclogs them in another order"),

		define[Loss]("loss", "loss", InModel, "loses messages, each by itself"),
		define[BurstyLoss]("bursty-loss", "loss", InModel, "loses messages in bursts"),
		define[Duplicate]("duplicate", "duplicate", InModel, "delivers messages twice, each copy with a delay of its own"),
		define[Delay]("delay", "delay", InModel, "adds to the time that messages need"),
		define[Reorder]("reorder", "delay", InModel, "makes some messages very late, so that others overtake them"),
		define[CorruptMessages]("corrupt-messages", "corrupt", InModel, "flips bits of messages; checksums notice, and drop them"),
		define[GarbleMessages]("garble-messages", "corrupt", Foreign, "flips bits of messages, and nobody notices"),

		define[ResetConnections]("reset-connections", "connection", InModel, "breaks connections when bytes arrive"),
		define[RefuseDials]("refuse-dials", "connection", InModel, "refuses new connections"),
		define[HangDials]("hang-dials", "connection", InModel, "leaves new connections without an answer"),

		define[Crash]("crash", "crash", Costly, "ends processes at once; with a power mode, the disks may lose what was not synced"),
		define[KillAtEffect]("kill-at-effect", "crash", Costly, "ends a process just before the effect of this number, inside a handler"),
		define[CrashInRecovery]("crash-in-recovery", "crash", Costly, "kills a process, and again at an effect of its recovery, some times over"),
		define[RollingRestart]("rolling-restart", "crash", Costly, "restarts all nodes, one after another"),

		define[Pause]("pause", "pause", Costly, "stops processes as SIGSTOP does: what arrives waits, and the clocks go on"),
		define[Slow]("slow", "pause", InModel, "makes every event keep processes busy for a while"),

		define[ClockBump]("clock-bump", "clock", InModel, "lets wall clocks jump, and back at the end"),
		define[ClockStrobe]("clock-strobe", "clock", InModel, "lets wall clocks jump to and fro"),
		define[ClockBackwards]("clock-backwards", "clock", InModel, "sets wall clocks back again and again"),
		define[ClockFreeze]("clock-freeze", "clock", InModel, "lets wall clocks stand still, and jump to the right time at the end"),
		define[Drift]("drift", "clock", InModel, "lets both clocks of machines, and their timers, run fast or slow"),

		define[SyncError]("sync-error", "disk", Costly, "lets syncs fail; the pages they should have saved are gone"),
		define[WriteError]("write-error", "disk", Costly, "lets writes fail"),
		define[ReadError]("read-error", "disk", Costly, "lets reads fail"),
		define[DiskFull]("disk-full", "disk", Costly, "leaves no space for writes"),
		define[SlowDisk]("slow-disk", "disk", InModel, "adds to the time that syncs need"),
		define[StallDisk]("stall-disk", "disk", Costly, "lets no sync end until the fault does"),

		define[CorruptDisk]("corrupt-disk", "rot", Damaging, "flips bits of what is on a disk; they stay flipped until they are overwritten"),
		define[MisdirectWrite]("misdirect-write", "rot", Damaging, "lets a sector arrive at a wrong place of its file"),
		define[LoseWrite]("lose-write", "rot", Damaging, "lets sectors not arrive, although their sync succeeds"),

		define[Wipe]("wipe", "amnesia", Damaging, "ends processes, and starts them again on empty disks"),
		define[Rollback]("rollback", "amnesia", Damaging, "ends processes when it ends, and sets their disks back to when it began"),

		define[HuntLeader]("hunt-leader", "hunt", Costly, "strikes whoever has led for a while, again and again"),
	}
}
