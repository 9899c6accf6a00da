// Package picture draws why a history is wrong: one HTML page that needs nothing else, with an SVG of the few operations
// that contradict each other and what went on around them.
//
// Time runs from left to right and is the order of events, not their distance: between two events that matter there is
// always room, and a pause of an hour takes no more of it than a microsecond. Each client has a lane; faults, leaders and
// whatever else lasts for a while have lanes above. Transactions that form a circle are drawn as one, with ww, wr, rw,
// process and rt on its edges.
//
// What holds throughout:
//
//   - What is shown by colour is also shown by shape and in words: operations that matter have a thick frame and a number,
//     those that may have happened an open, dashed end. The colours are those of Okabe and Ito.
//   - The same Page makes the same bytes.
//   - Every text from outside is escaped; a page has no script.
package picture
