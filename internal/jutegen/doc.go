// Package jutegen makes Go records from a schema of ZooKeeper's records.
//
// The schema is a text of our own syntax, one declaration after another:
//
//	# What is said of the next declaration, in the generated code too.
//	record Create2Response
//		path string      # what is said of the field
//		stat Stat
//
//	enum OpCode Op
//		Create2 15 create2   # becomes OpCreate2, which prints as "create2"
//
// A field's type is bool, int, long, string, buffer, the name of a record or of an enum, or
// []T for a vector of strings or records. string? and []T? may be null; the others of
// their kind are written as empty and read from null as empty. bool... may be missing at the
// end of the record, as in frames of clients that are older than the field.
//
// # Invariants
//
// The output depends on the schema alone, and is formatted. What the schema says wrongly is named with
// its file and line. A generated decoder asks for room only for as many elements as the
// bytes at hand can hold.
package jutegen
