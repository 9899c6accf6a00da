// Package campaign runs the executions that a strategy chooses, on all cores, and checks that they
// are what they claim to be.
//
// A [Campaign] chooses [strategy.Batch] executions, runs them side by side, hands on what came
// of them in their order, lets the strategy learn, and goes on until a reason to stop: the first
// violation, the budget, a plateau on which nothing new is seen any more, or a strategy that is done. It says
// which it was.
//
// What it hands on replays without the strategy. Whatever answered the draws or picked the events of an
// execution, every answer that differs from the seed's own is pinned in the options by
// then, and the pinned run was compared with the first one by its hash.
//
// So it also checks determinism: of every 16 executions one, chosen by its number, and every
// violation, is run a second time in this process, recorded; of every 128 another one in a fresh process.
// When two runs differ, the first event at which they part is named.
//
// What holds throughout:
//
//   - The same campaign has the same executions, results and ending on any number of workers.
//   - Executions are handed on in their order, each once; so whoever keeps the number of the last one can
//     go on from there in another process.
//   - No clock is read. Whoever wants a campaign to end by time ends its context.
//   - A panic of the harness is a result like any other.
//
// A campaign that goes on in another process from execution n is the one that it would have been
// without the interruption, if its strategy remembers what it has learnt (strategy.Keeper) or learns
// nothing. What is put on disk is the memory at the beginning of a batch: see [Campaign.Learnt].
package campaign
