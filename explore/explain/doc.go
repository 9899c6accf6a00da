// Package explain says why a run violates its property, in words and in numbers.
//
// What it does needs nothing but runs: a run can be forked at any event and go on with other choices,
// and a single event can be taken out of it. So it explains a protocol that it does not know:
//
//   - A story of few lines, made of what the machines say of themselves (notes), what their messages say
//     (Scenario.Describe), crashes, faults and operations.
//   - The causal slice: because of what did the last event happen, and that, and so on.
//   - The point of no return. The run is forked at each of its events and continued many times with fresh
//     choices; the share of continuations that violate the same property is a curve that begins near zero and ends at one.
//     Where it jumps, something was decided.
//   - What was necessary. Each fault, each event, each message that was lost is changed alone, and
//     what comes after is chosen anew: if the violation is gone then, it was needed.
//   - The nearest run that passes: the sibling that has most in common with the violation, and the first
//     event in which they differ.
//
// It works on any violation; on one that package shrink has been at, it is fast and short.
package explain
