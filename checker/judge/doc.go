// Package judge puts all checks behind one door: a check by its name, a file of whatever form, and one result.
//
// The checks themselves are in the packages beside this one, each with options and results of its own; programs that
// have their history in memory are better off there. Here is what a command, or a test over a directory of recorded
// histories, wants: All lists what there is, Named finds one, and its File judges a file. The result has the verdict,
// what was put to the test, the sentence, the few operations that suffice with their lines, and a picture of them.
//
// What holds throughout:
//
//   - A verdict of ok is given only to a history in which some answer could have been wrong.
//   - A file that cannot be judged is an error with a line, and never a verdict.
//   - A result is a function of the file, the check and the options, except where a budget of time ends a check.
package judge
