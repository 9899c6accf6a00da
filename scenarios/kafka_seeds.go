package scenarios

// kafkaFound is in which seeds a defect is found, and what it breaks there.
type kafkaFound struct{ seeds, breaks string }

// kafkaSeeds is in which seeds each defect is found, by scenario, with room to spare: a change of the brokers or of the scenario is
// another run for every seed. Those without seeds the scenario does not find, or not within some hundreds of them.
var kafkaSeeds = map[string]map[string]kafkaFound{
	"kafka": {
		"ack-before-replicated":      {"1-40", "acked-is-committed"},
		"duplicate-acked-early":      {"1-40", "acked-is-committed"},
		"expand-without-hw":          {"1-100", "candidate-completeness"},
		"hw-before-truncation":       {"1-40", "log-matching"},
		"hw-checkpoint-forgotten":    {"1-40", "strong-isr"},
		"hw-on-leader-only":          {"1-40", "candidate-completeness"},
		"isr-without-cas":            {"1-40", "epochs-never-fall"},
		"never-truncates":            {"1-40", "liveness: the core converges"},
		"newer-broker-epoch-refused": {"1-340", "liveness: the core converges"},
		"no-broker-epoch":            {"1-80", "liveness: the core serves"},
		"no-leso":                    {"1-100", "candidate-completeness"},
		"no-maximal-isr":             {"1-200", "candidate-completeness"},
		"spurious-offset":            {"1-40", "acked-is-committed"},
		"truncate-to-hw":             {"1-40", "strong-isr"},
		"unclean-by-default":         {"1-40", "leader-completeness"},
		"unconditional-isr":          {"1-40", "epochs-never-fall"},
	},
	"kafka-admin": {
		"isr-without-cas":        {"1-40", "epochs-never-fall"},
		"no-broker-epoch":        {"1-80", "liveness: the core serves"},
		"stale-epoch-in-context": {"1-180", "liveness: the core converges"},
		"unclean-by-default":     {"1-40", "leader-completeness"},
	},
	"kafka-eos": {
		"completion-missed":        {"1-40", "liveness: the core serves"},
		"completion-written-twice": {"1-40", "kafka/txn: transitions are those of the table"},
		"data-plane-deadlock":      {"1-40", "liveness: the core converges"},
	},
	"kafka-groups": {
		"commit-before-replicated": {"1-40", "commits-are-kept"},
		"data-plane-deadlock":      {"1-40", "liveness: the core converges"},
	},
}
