// Package zkinterop holds the checks of the ZooKeeper server that were written elsewhere: the suite of
// go-zookeeper/zk, Apache's own server as an oracle, and ensembles in which Apache's servers and ours are members of one
// another. It is a module of its own, so that Orrery does not depend on what only these checks need.
//
// Apache's server is Debian's package: apt-get install zookeeper. Without it the tests that need it are
// skipped, and say so.
package zkinterop
