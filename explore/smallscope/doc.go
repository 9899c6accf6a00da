// Package smallscope searches all executions of a small world, choosing event by event.
//
// A [World] is a universe of real nodes: two or three machines, a few messages. At every
// state [World.Search] tries every event that could come next, whatever its time: any message
// under way, any timer, a crash here, a second copy there, as far as [Bounds] allow. A message that
// is lost need not be tried: it is one that has not come yet. When nothing is left the report says
// so, with the number of states; a violation comes with the shortest-found [Schedule], which
// is text and runs again.
//
// Two things keep it small. States are hashed, by what the world says that they are, and not
// explored twice. And of two events on different machines one order is enough, because the
// other leads to the same state: sleep sets (Godefroid, Partial-Order Methods, 1996, chapter 5)
// leave it out, and the states are all seen nevertheless.
//
// A universe cannot be copied, so going back means running the prefix again. An execution of
// fifty events costs tens of microseconds.
//
// Where a protocol's decisions are functions of values, apart from the machine, a [Model] searches them without any machine: its states
// are copied, nearest first, hundreds of thousands a second, and can be walked at random for comparison.
package smallscope
