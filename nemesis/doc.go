// Package nemesis is faults as data: what to break, when, and how it heals.
//
// A [Fault] is a value that prints as it is written, and that [ParseFault] reads from
// what it prints. A [Plan] is a list of faults with the times between which they are in
// force; it prints as text and marshals as JSON. [Generate] draws a plan for a [Cluster];
// [Plan.Install] has a universe carry it out, and the [Nemesis] that it returns reports
// what has become of each entry, and heals.
//
// # The language
//
//	plan     = { line }                          # a comment goes to the end of its line
//	line     = "mode" mode                       # only before the first entry
//	         | time fault [ "until" time ]       # 1.2s isolate(leader) until 1.5s
//	mode     = "budgeted" | "unrestricted" | "calm"
//	fault    = name [ "(" [ argument { "," argument } ] ")" ]
//	argument = value                             # by its position
//	         | key "=" value                     # way=in
//	         | flag                              # clients
//	value    = target | links | groups | percent | rate | duration | count | word
//	target   = [ "following" ] ( word | machine { machine } )
//	word     = "one" | "random" | "minority" | "minority-third" | "majority" | "all"
//	         | "leader" | "followers"
//	links    = target                            # all links around it, both ways
//	         | target "->" target                # one way
//	         | target "<->" target
//	groups   = machine { machine } "|" machine { machine } { "|" … }
//	percent  = "20%" | "0.5%" | "5000ppm"        # exact, in parts per million
//	rate     = "+500ppm" | "-500ppm"
//	duration = as in Go: "300ms", "1.5s"; "+288ms" and "-1s" where a sign has a meaning
//
// [Kinds] is the catalogue, each with its usage and its [Class]; [Families] groups them.
//
// # What is drawn when
//
// A plan is drawn before the run, from one stream for each family ("nemesis/crash"); a
// family that is masked draws nothing. Whom "one" means is drawn when the fault begins,
// from the entry's own text: so an entry that is taken away, or made shorter, changes
// no other draw of the run, and a plan can be shrunk.
//
// # Why recovery remains possible
//
// In the mode [Budgeted] a fault begins only if afterwards there is still a quorum of
// nodes that are up and whole and reach each other; [Cluster.Tolerates] says how many
// may be missing. What is over within three time scales does not count. In every mode,
// at most that many nodes ever hold a damaged copy of the same data, and nothing is
// damaged at all that the cluster does not allow.
//
// # Invariants
//
//   - Every fault acts through disturbances that are in the universe's registry, so
//     [sim.Universe.HealAll] ends all of them, and [Nemesis.HealAll] starts what is down.
//   - Ending one fault never ends another: faults add up.
//   - An entry that was skipped says why; one that never bit says so.
//   - The nemesis reads the system, and never writes to it.
package nemesis
