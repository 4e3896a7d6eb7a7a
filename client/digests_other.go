//go:build !(linux || darwin || freebsd)

package client

import "os"

func identify(*os.File) identity { return identity{} }
