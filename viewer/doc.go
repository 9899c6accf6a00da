// Package viewer makes of a recorded run one page to look at: a single HTML file that needs no
// network, no server and no installation.
//
// A Page is the events of a run and what is known about them: which property was violated and why,
// what the clients saw, what the faults did, how the probability of the violation rose. Write puts
// them, columnar and compressed, into the page that was built from the TypeScript below page/ and is
// embedded here, so that whoever uses Orrery needs Go alone.
//
// What is shown first is chosen here and not in the browser: the minimal trace, which is what a
// trace.Story tells; the causal one, the chain of causes; and all of it. If there is too much for
// one page, what matters least is left out, and the page says so.
package viewer
