//go:build unix && !solaris && !aix

package live

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// lockFile takes the file for this process, for as long as it is open: the kernel gives it
// back when the process ends, however it ends. The file tells who holds it.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := make([]byte, 20)
		n, _ := f.ReadAt(holder, 0)
		return fmt.Errorf("is in use by another process (pid %s)", strings.TrimSpace(string(holder[:n])))
	}
	if err != nil {
		return fmt.Errorf("cannot be locked: %w", err)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("cannot be locked: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("cannot be locked: %w", err)
	}
	return nil
}
