package scenarios

// zkReconfigSeeds is in which seeds each quirk is found while members come and go.
var zkReconfigSeeds = map[string]string{}

// zkRollingSeeds is in which seeds each quirk is found while servers are restarted one after the other.
var zkRollingSeeds = map[string]string{}

// zkSnapshotsSeeds is in which seeds each quirk is found while snapshots are sent.
var zkSnapshotsSeeds = map[string]string{}
