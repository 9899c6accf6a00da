// Package dashboard shows the findings of campaigns in a browser, and how a campaign goes that is under way.
//
// Two programs take part. The one that runs campaigns publishes a [Bulletin]: how many executions it has run, what
// came of them, which marks they reached, which faults bit. It is one small file beside the store of the findings, written
// anew every second, whole or not at all, by a goroutine of its own; so the store, which has one writer at a time, is
// not needed for it, and the campaign waits for no reader.
//
// The other one, a [Server], reads the store and the bulletins in a directory and serves them: a list of
// the findings, each with its story and the page of its run, and how the hunts go, kept up to date by
// server-sent events. The list is complete HTML before any script runs.
//
// What holds throughout:
//
//   - The server changes nothing: there is no request that writes.
//   - A page loads nothing from elsewhere, and tells the browser to refuse it.
//   - On a loopback address, a request that names another host is refused: no page of another site can read the findings
//     through a name that it points here.
//   - A store that cannot be read, or a bulletin that is damaged, is said on the page; it ends nothing.
package dashboard
