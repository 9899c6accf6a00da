// Package group judges consumer groups, and whatever else hands out parts of something to members that come and go: that each
// part has one owner, that none is forgotten, and that the next owner goes on where the last one had committed.
//
// A run is a sequence of events in the order of the group's coordinator: members subscribe, generations assign, members take
// partitions and give them up, commit offsets and begin at offsets. Eager groups have assignments only; cooperative ones move
// partitions one by one, and the run then says when each was taken and given up.
//
// What holds throughout:
//
//   - Time and memory are linear in the events and assignments.
//   - Nothing is ok about nothing: it takes two generations, and a partition that changed its owner.
package group
