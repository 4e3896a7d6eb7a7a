//go:build !(linux || darwin || freebsd)

package main

import "os"

func identify(*os.File) identity { return identity{} }
