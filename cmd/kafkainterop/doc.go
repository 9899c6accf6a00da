// Package kafkainterop holds the checks of the Kafka broker that were written elsewhere: franz-go as a client of three
// live brokers, franz-go's own integration tests as they come from the module proxy, kcat, which stands on librdkafka, and Python's clients. Beside
// them are what only live processes can show: garbage on the wire, a storm of SIGKILLs, and the figures against franz-go's own
// in-memory broker, kfake. It is a module of its own, so that Orrery does not depend on what only these checks need.
//
// What is not Go's is Debian's: apt-get install kcat python3-kafka python3-confluent-kafka. Without it the tests that need it are
// skipped, and say so. Figures: go test -run '^$' -bench Produce -benchtime 2000000x, and -bench 'CatchUp|Idle' -benchtime 1x.
//
// Environment variables: KAFKAINTEROP_STORM is for how long the storm blows (45s), KAFKAINTEROP_CHAOS=1 runs franz-go's
// tests on connections that die, too, ORRERY_LOGS is a directory where the logs of all processes are left,
// KAFKAINTEROP_CATCHUP how many bytes a consumer catches up on (256 MiB), KAFKAINTEROP_PROFILE a directory for the
// profiles of the brokers, and ORRERY a command that is built already.
package kafkainterop
