package scenarios

// zkSeeds is in which seeds each quirk is found, with room to spare: a change of the protocol or of the scenario is another run for
// every seed. Those without seeds this scenario does not find, or not within some hundreds of them.
var zkSeeds = map[string]string{
	"epoch-no-accepted":              "1-40",
	"early-lastprocessed":            "1-600",
	"leader-accept-not-persisted":    "1-40",
	"no-rollover-guard":              "1-40",
	"diff-without-trunc":             "1-60",
	"sync-no-lock":                   "1-60",
	"diff-set-zxid-early":            "1-200",
	"retain-db-no-fastforward":       "1-60",
	"txnlog-sync-uncommitted":        "1-100",
	"newleader-before-snap":          "1-400",
	"ack-newleader-before-log":       "1-60",
	"ack-newleader-async-log":        "1-60",
	"ack-order-race":                 "1-40",
	"uptodate-async-commit":          "1-40",
	"commit-after-newleader-npe":     "1-60",
	"shutdown-leaves-logger":         "1-60",
	"diff-skip-committedlog":         "1-200",
	"reply-zxid-request":             "1-100",
	"commitproc-race":                "1-40",
	"synclimit-during-snap":          "1-60",
	"trunc-off-by-one":               "1-60",
	"trunc-no-reopen":                "1-60",
	"snap-no-fsync":                  "1-100",
	"epoch-mem-before-disk":          "1-200",
	"epoch-after-snapshot-no-marker": "1-200",
	"setwatches-exists-type":         "1-100",
	"replay-pzxid":                   "1-400",
	"closesession-no-paths":          "1-400",
}
