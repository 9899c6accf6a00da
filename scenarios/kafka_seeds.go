package scenarios

// kafkaFound is in which seeds a defect is found, and what it breaks there.
type kafkaFound struct{ seeds, breaks string }

// kafkaSeeds is in which seeds each defect is found, by scenario, with room to spare: a change of the brokers or of the scenario is
// another run for every seed. Those without seeds the scenario does not find, or not within some hundreds of them.
var kafkaSeeds = map[string]map[string]kafkaFound{
	"kafka": {
		"epoch-not-cached-at-election": {"1-260", "liveness: the core converges"},
		"read-above-hw-at-roll":        {"1-40", "consistent-read"},
		"uncommitted-exposed":          {"1-40", "consistent-read"},
		"truncate-keeps-epochs":        {"1-40", "liveness: the core converges again"},
		"ack-before-replicated":        {"1-40", "acked-is-committed"},
		"duplicate-acked-early":        {"1-40", "acked-is-committed"},
		"expand-without-hw":            {"1-100", "candidate-completeness"},
		"hw-before-truncation":         {"1-40", "log-matching"},
		"hw-checkpoint-forgotten":      {"1-40", "strong-isr"},
		"hw-on-leader-only":            {"1-40", "candidate-completeness"},
		"isr-without-cas":              {"1-40", "epochs-never-fall"},
		"never-truncates":              {"1-40", "liveness: the core converges"},
		"newer-broker-epoch-refused":   {"1-340", "liveness: the core converges"},
		"no-broker-epoch":              {"1-80", "liveness: the core serves"},
		"no-maximal-isr":               {"1-200", "candidate-completeness"},
		"spurious-offset":              {"1-40", "acked-is-committed"},
		"truncate-to-hw":               {"1-40", "strong-isr"},
		"unclean-by-default":           {"1-40", "leader-completeness"},
		"unconditional-isr":            {"1-40", "epochs-never-fall"},
	},
	"kafka-admin": {
		"isr-without-cas":        {"1-40", "epochs-never-fall"},
		"no-broker-epoch":        {"1-80", "liveness: the core serves"},
		"stale-epoch-in-context": {"1-180", "liveness: the core converges"},
		"unclean-by-default":     {"1-40", "leader-completeness"},
	},
	"kafka-eos": {
		"uncommitted-exposed":      {"1-60", "G1a"},
		"read-above-lso":           {"1-60", "G1a"},
		"lso-off-by-one":           {"1-40", "last-stable-offset"},
		"state-before-append":      {"1-100", "last-stable-offset"},
		"no-verify":                {"1-260", "last-stable-offset"},
		"NewSequenceOnRetry":       {"1-40", "sequences-are-contiguous"},
		"LostIsFailed":             {"1-80", "G1a"},
		"NoAbortedFilter":          {"1-40", "G1a"},
		"completion-missed":        {"1-40", "liveness: the core serves"},
		"completion-written-twice": {"1-40", "kafka/txn: transitions are those of the table"},
		"data-plane-deadlock":      {"1-40", "liveness: the core converges"},
	},
	"kafka-groups": {
		"StuckLookup":              {"1-40", "liveness: open operations end"},
		"commit-before-replicated": {"1-40", "commits-are-kept"},
		"load-keeps-first-read":    {"1-40", "offsets-served-are-those-of-the-journal"},
		"data-plane-deadlock":      {"1-40", "liveness: the core converges"},
	},
}
