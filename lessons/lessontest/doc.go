// Package lessontest is the one test that every lesson has, so that none can rot.
//
// [Run] holds a lesson to what it promises: its wrong variant fails on the pinned seed and within the published
// number of seeds, its right one passes as many as are published, the demonstration violates the property and cannot
// be played to its end against the right variant, and the golden story is what happens. If the directory has a
// package mine, that is the learner's variant, and it must pass too.
//
// [Replay] makes a test of a plan that was saved from a lesson's page.
package lessontest
