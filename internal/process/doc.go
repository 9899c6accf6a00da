// Package process runs programs beside a test: servers that are started, killed and started again, as those who
// operate them do it, and what such tests need besides: the command orrery, built once, ports on which nothing listens,
// logs that are read while they are written, and patience.
//
// The environment variable ORRERY names a command to use in place of the one that would be built, and ORRERY_LOGS a
// directory where the logs of all processes are left.
package process
