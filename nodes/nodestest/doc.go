// Package nodestest says what a runtime owes a node: a suite of rules, one
// subtest each, that package sim and package live both pass. It is to package
// nodes what testing/fstest is to io/fs.
//
//	func TestConformance(t *testing.T) {
//		nodestest.TestRuntime(t, func(t *testing.T) nodestest.Runtime { return newCluster(t) })
//	}
//
// The package also has toy nodes, for tests of anything that runs nodes:
//
//   - [Echo] answers every [Ping] with a [Pong], and every frame with itself;
//   - [Pinger] sends pings without end, and counts the answers;
//   - [Flip] answers with a coin that it throws;
//   - [Counter] counts on disk; with TellBeforeSync it is the node that cannot survive
//     a lost write, and so the witness that a disk loses any.
//
// They speak one [Codec] and can be in one cluster.
//
// What holds: a rule draws on nothing but the contract's text, uses time only
// through the runtime, and fails rather than hangs when a runtime owes it an event.
package nodestest
