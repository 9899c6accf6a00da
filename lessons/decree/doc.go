// Package decree is single-decree Paxos, cut into the pieces that lessons exchange.
//
// Proposers and acceptors are machines of their own, as in "Paxos Made Simple", section 2.2: an [Acceptor] has
// a disk and may crash, a [Proposer] has neither. Four things about them are left to a lesson:
//
//   - when an acceptor tells what it has written (Teller);
//   - which value a proposer proposes once a majority has promised (Setup.Adopt);
//   - how many answers are enough (Setup.Enough);
//   - how long it waits before its next ballot (Setup.Wait).
//
// What holds of all of them together is watched from outside: a value is chosen when a majority of acceptors has
// told its vote for it in one ballot, and no second value ever is.
package decree
