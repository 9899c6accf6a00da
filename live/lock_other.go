//go:build !unix || solaris || aix

package live

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// lockFile refuses: without a lock that the end of a process gives back, two processes could
// use one directory, and that is worse than none.
func lockFile(*os.File) error {
	return fmt.Errorf("cannot be locked on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
