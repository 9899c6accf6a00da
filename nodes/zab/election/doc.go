// Package election is FastLeaderElection: how the servers of a ZooKeeper ensemble find out who leads.
//
// An [Election] is a part of a server, not a node of its own: the node that is the server hands it the
// connections of its election port, the timers and the stages that are its own, and asks it after each of
// them what has come about ([Election.Take]). It speaks ZooKeeper's own bytes on ZooKeeper's own connections, and
// so elects together with Apache's servers.
//
// A server that looks for a leader proposes a vote: at first itself, with the zxid of its last logged
// transaction and its current epoch. It tells every voter its vote, and adopts a better one when it hears of
// it; better is a higher epoch, then a higher zxid, then a higher number of the server. Votes count within
// one round (the logical clock, which is not kept over a restart). When a quorum has its vote, and for
// 200 ms nobody names a better one, the round is over. A server that comes late instead believes a
// quorum that follows, and a leader that says itself that it leads.
//
// The threads of the original that can meet in an unlucky order are stages here (see [nodes.Env.Post]):
// WorkerReceiver takes what the connections bring, answers it, and in a server that is looking passes it on to
// the election, which takes one notification at a time. What WorkerReceiver answers depends on the state at
// its turn, which may be another than when the message came. The threads that only send are not stages: all they could add is
// delay, which the network has anyway.
//
// The election promises little, and nothing that the phases after it do not check again: two servers may think that they
// lead. What holds is:
//
//   - nobody votes for a server whose history, by epoch and zxid, is older than its own;
//   - who comes to lead a round by counting votes has been voted for by a quorum in that round;
//   - who finds others following it leads only if that is in the round that it is in itself;
//   - if links and servers are stable, all servers settle on one leader.
package election
