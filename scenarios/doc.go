// Package scenarios is clusters with their workloads, faults and checks, ready to run.
//
// A [Scenario] builds a world (package trial) for each seed: it draws the network, the
// disks, the protocol's configuration and what clients do, wires the protocol's
// invariants to the universe, and names the historical defects that can be planted into the
// protocol. Everything that has a choice is drawn, because what is fixed is what is never
// tested: the size of a snapshot, a window of one, a client that gives up early.
//
// What a scenario's invariants believe is what leaves a machine and what lies on its disk,
// not what a node thinks of itself.
package scenarios
