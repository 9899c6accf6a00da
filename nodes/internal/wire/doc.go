// Package wire is how small protocols write their messages: integers as uvarints, and strings behind
// their length. A [Reader] never panics, and never reads beyond its bytes.
package wire
