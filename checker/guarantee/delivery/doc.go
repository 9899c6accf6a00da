// Package delivery judges whether what was sent had its effect: at least once, at most once, or exactly once.
//
// Messages compares what was sent with what took effect. Transfers looks closer at consumers that read, transform and write in
// transactions: the offsets that a transaction commits and the outputs that it writes must be about the same inputs, and all
// committed transactions together must cover the input once. Trees judges at-least-once processing of trees of tuples, as
// Storm's ackers keep it: a root is acknowledged only after every tuple below it was processed.
//
// What holds throughout:
//
//   - An effect counts once it is committed; one with an unknown end is given every benefit of the doubt.
//   - Loss is judged only of a run that says that everything had its time.
//   - Time is O(n log n); nothing is ok about nothing.
package delivery
