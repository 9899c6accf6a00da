// Package properties reads files in the format of java.util.Properties, in which servers that run on Java keep
// their configuration.
//
// Every entry is returned, in the file's order, with its line: which of several entries of one key counts, and what is
// to be said of a malformed one, is for the reader to decide. No input makes it panic.
package properties
