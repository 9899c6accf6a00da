// Package findings keeps what campaigns find, across processes and their deaths.
//
// A [Store] is one file, an embedded database. It keeps three things: how far each campaign has come,
// the violations that nobody has looked into yet, and the findings.
//
// A [Finding] is a violation with a name. Thousands of executions may violate one property for one reason, so
// findings are told apart by scenario, planted defect, property and [Signature]: the kinds of
// faults that are left once the violation was shrunk, and the function in which a process
// panicked. Each holds the repro file that replays it, and is in one of four states:
//
//	new    found in the campaign that is the latest to have seen it
//	open   seen again since, by another campaign or a replay
//	gone   its replay does not violate the property any more, or somebody has closed it
//	back   it was gone, and was seen again
//
// What holds throughout:
//
//   - What a method has written is on disk when it returns. A process that is killed at any moment loses what
//     it has not written yet, and leaves a store that opens.
//   - A store that cannot be read is moved aside under a name that says so, and never deleted.
//   - A store of a newer version is refused and left as it is.
//   - The file is locked only while it is read or written, so a campaign and those who look at
//     its findings can share it.
package findings
