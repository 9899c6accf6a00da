// Package config reads what a ZooKeeper server is told before it starts, and knows
// what a quorum is.
//
// [Parse] reads a real zoo.cfg, [ParseDynamic] a dynamic configuration file
// ("zoo.cfg.dynamic.100000000"), and [ParseQuorum] the text of a configuration as servers
// send it to each other in notifications and NEWLEADER, and as /zookeeper/config holds it.
// All of them take bytes: who opens the files is somebody else.
//
// ZooKeeper takes every key that it does not know for a Java system property, and so says nothing
// about a misspelt one. Here a key is used, or stands on the list of those that are
// accepted without effect (each with the reason), or is refused because to ignore it would
// be dangerous (a server that was told to speak TLS must not speak anything else), or is
// an error that says which key was probably meant. Errors are of type [*Error] and name file, line and key;
// all errors of a file are reported together.
//
// A [Quorum] is what ZooKeeper calls a QuorumVerifier: the members of one version of the ensemble,
// and which sets of them are a quorum: a majority of the participants, or, where groups are given, a
// majority of the groups in each of which a majority of the weight agrees. A [Tracker] counts
// acknowledgements under one or two of them, as votes and proposals during a reconfiguration need it.
//
// Invariants: a Quorum never changes; any two of its quorums have a server in common;
// and ParseQuorum(q.String()) equals q.
package config
