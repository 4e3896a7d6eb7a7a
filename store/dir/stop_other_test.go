//go:build !unix

package dir_test

import "os"

// stop ends a process: this system can't stop one from outside.
var stop = os.Kill
