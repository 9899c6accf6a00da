// Package memory judges reads and writes by the consistency models below linearizability: sequential consistency, causal
// consistency in its three forms, PRAM, and the session guarantees.
//
// None of them knows real time; what they know is the order in which each session did its operations. A session is
// checker.Op's Session, which outlives reconnections, or else its Client. With every value written to its key once each read
// tells which write it saw, and then all but sequential consistency can be decided in polynomial time:
//
//   - Causal, CausalConvergence and CausalMemory look for the bad patterns of Bouajjani, Enea, Guerraoui and Hamza, "On
//     verifying causal consistency" (POPL 2017), which are there exactly if the model is broken;
//   - PRAM does the same for each session's own view;
//   - Sessions looks for versions of a key that must precede themselves (Terry et al., "Session guarantees for weakly
//     consistent replicated data", PDIS 1994);
//   - Sequential adds all orders that must hold (after Zennou, Atig, Biswas, Bouajjani, Enea and Erradi, "Gradual consistency
//     checking", CAV 2019) and then searches; it takes repeated values too.
//
// None of the models is local to keys, so histories are judged whole.
//
// What holds throughout:
//
//   - Violated is certain, and so is Holds; where a search or memory would grow without bound the verdict is Unknown.
//   - A write with an unknown end happened if its value was read, at any time after what its session had done before; nothing
//     follows it. If its value was not read it says nothing. Reads with an unknown end say nothing.
//   - Unset is a value: a read of unset saw the state before all writes.
//   - A report is a function of the history and the options.
package memory
