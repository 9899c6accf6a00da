package nemesis

import (
	"time"

	"orrery/sim"
)

// SyncError lets syncs fail. The pages that should have been saved are gone, although they
// can still be read (what PostgreSQL's developers found out about Linux in 2018, known as
// fsyncgate). A node must not go on as though nothing had happened; most stop.
type SyncError struct {
	Who Target
	P   PPM
}

func (f *SyncError) fields() []field { return []field{arg(targetValue{&f.Who}), arg(ppmValue{&f.P})} }

// String implements [Fault].
func (f SyncError) String() string { return write("sync-error", &f) }

// Kind implements [Fault].
func (SyncError) Kind() *Kind { return kindNamed("sync-error") }

func (f SyncError) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{SyncErrorPPM: uint64(f.P)}})
}

// WriteError lets writes fail with an error of the device. Nothing is written.
type WriteError struct {
	Who Target
	P   PPM
}

func (f *WriteError) fields() []field { return []field{arg(targetValue{&f.Who}), arg(ppmValue{&f.P})} }

// String implements [Fault].
func (f WriteError) String() string { return write("write-error", &f) }

// Kind implements [Fault].
func (WriteError) Kind() *Kind { return kindNamed("write-error") }

func (f WriteError) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{WriteErrorPPM: uint64(f.P)}})
}

// ReadError lets reads fail with an error of the device.
type ReadError struct {
	Who Target
	P   PPM
}

func (f *ReadError) fields() []field { return []field{arg(targetValue{&f.Who}), arg(ppmValue{&f.P})} }

// String implements [Fault].
func (f ReadError) String() string { return write("read-error", &f) }

// Kind implements [Fault].
func (ReadError) Kind() *Kind { return kindNamed("read-error") }

func (f ReadError) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{ReadErrorPPM: uint64(f.P)}})
}

// DiskFull leaves no space: every write fails, until it ends. Files can be removed.
type DiskFull struct{ Who Target }

func (f *DiskFull) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f DiskFull) String() string { return write("disk-full", &f) }

// Kind implements [Fault].
func (DiskFull) Kind() *Kind { return kindNamed("disk-full") }

func (f DiskFull) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{Full: true}})
}

// SlowDisk adds to the time that syncs need.
type SlowDisk struct {
	Who    Target
	By     time.Duration
	Jitter time.Duration // what comes on top of By, on average: exponentially distributed
}

func (f *SlowDisk) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(durationValue{&f.By, false}), opt("jitter", durationValue{&f.Jitter, false})}
}

// String implements [Fault].
func (f SlowDisk) String() string { return write("slow-disk", &f) }

// Kind implements [Fault].
func (SlowDisk) Kind() *Kind { return kindNamed("slow-disk") }

func (f SlowDisk) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{SlowSync: sim.Dist{Min: f.By, Mean: f.Jitter}}})
}

// StallDisk lets no sync end before the fault does.
type StallDisk struct{ Who Target }

func (f *StallDisk) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f StallDisk) String() string { return write("stall-disk", &f) }

// Kind implements [Fault].
func (StallDisk) Kind() *Kind { return kindNamed("stall-disk") }

func (f StallDisk) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{disk: sim.DiskFault{Stall: true}})
}
