#!/usr/bin/env bash
# Stands in for Apache ZooKeeper's zkServer.sh, and runs Orrery's server instead:
#
#   zkServer.sh start-foreground [zoo.cfg]
#   zkServer.sh version
#
# The command is $ORRERY, or the orrery beside this script, or the one in PATH. SERVER_JVMFLAGS
# is read as the original reads it, for settings of ZooKeeper's.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
orrery=${ORRERY:-}
if [ -z "$orrery" ]; then
	orrery=$here/orrery
	[ -x "$orrery" ] || orrery=orrery
fi

case ${1:-} in
start-foreground)
	# exec: whoever ends this process ends the server.
	exec "$orrery" node zookeeper "${2:-${ZOOCFGDIR:-/etc/zookeeper/conf}/${ZOOCFG:-zoo.cfg}}"
	;;
version)
	exec "$orrery" version
	;;
*)
	echo "usage: $0 start-foreground [zoo.cfg] | version" >&2
	echo "Under a supervisor (systemd, runit, a container) nothing else is needed." >&2
	exit 2
	;;
esac
