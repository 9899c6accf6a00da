package scenarios

// zkReconfigSeeds is in which seeds each quirk is found while members come and go: those of reconfigurations, and those that are found sooner than
// in the scenario zookeeper.
var zkReconfigSeeds = map[string]string{
	"initial-config-unnamed":   "1-20",
	"newleader-names-proposed": "1-150",
	"activation-lost-in-sync":  "1-60",
	"observer-is-synced":       "1-150",
	"fle-awaits-lost-config":   "1-150",
	"observer-acks-ignored":    "1-100",
	"next-outlives-log":        "1-100",
	"old-quorum-stays":         "1-40",
	"early-lastprocessed":      "1-200",
	"fle-pred-1419":            "1-60",
	"no-update-election-vote":  "1-20",
	"diff-skip-committedlog":   "1-40",
}

// zkRollingSeeds is in which seeds each quirk is found while servers are restarted one after the other.
var zkRollingSeeds = map[string]string{
	"retain-db-no-fastforward":       "1-20",
	"session-after-zxid":             "1-40",
	"epoch-after-snapshot-no-marker": "1-200",
	"epoch-mem-before-disk":          "1-40",
	"ack-newleader-async-log":        "1-20",
	"shutdown-leaves-logger":         "1-20",
	"early-lastprocessed":            "1-150",
	"replay-pzxid":                   "1-100",
	"setwatches-exists-type":         "1-40",
	"reply-zxid-request":             "1-40",
	"static-list-is-learned":         "1-20",
	"static-list-designates":         "1-20",
}

// zkSnapshotsSeeds is in which seeds each quirk is found while snapshots are sent.
var zkSnapshotsSeeds = map[string]string{
	"newleader-before-snap":      "1-200",
	"snap-abort-keep-db":         "1-200",
	"snap-no-fsync":              "1-20",
	"snap-send-under-lock":       "1-40",
	"synclimit-during-snap":      "1-60",
	"multi-zxid-early":           "1-40",
	"session-after-zxid":         "1-60",
	"trunc-keeps-newer-snapshot": "1-40",
	"closesession-no-paths":      "1-60",
	"replay-pzxid":               "1-60",
	"acl-cache-fuzzy":            "1-60",
	"sync-no-lock":               "1-60",
	"txnlog-sync-uncommitted":    "1-20",
}
