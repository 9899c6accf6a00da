// Package nodes is the contract between a protocol and the machine that it
// runs on.
//
// A [Node] is a deterministic, event-driven state machine. Its handlers are
// called one at a time and run to completion; everything they want done in
// the world they ask of the [Env] that each call receives. The package knows
// neither the simulator nor the network: the same Node runs on package sim,
// where one seed decides everything that chance would decide, and on package
// live, on real TCP and real files.
//
// Four rules follow, and the runtimes count on them:
//
//   - A node keeps no Env beyond the call, starts no goroutine, reads no clock
//     but [Env.Now] and [Env.Monotonic], and draws no random number but from
//     [Env.Rand].
//   - What crosses the network is bytes: a [Codec] makes and reads them.
//   - Persist before you tell: [Disk.Sync] is asynchronous, and only after
//     Synced has reported success may a node tell anyone what it wrote.
//   - Timers, syncs and stages are named by [Tag] values, not by closures, so
//     that the whole state of a node is in its fields.
//
// A crash falls between two handlers, or at an effect boundary inside one:
// just before any call of an Env method that changes the world. A process that
// is killed there never returns from that call.
package nodes
