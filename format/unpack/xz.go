package unpack

import (
	"fmt"
	"io"

	"github.com/ulikunitz/xz"

	"okazaki"
)

// unxz reads all streams of an xz file as one member: its decoder cannot begin
// in the middle.
type unxz struct {
	z     *xz.Reader
	begun bool
}

func (d *unxz) next(src *source) (err error) {
	if d.begun {
		return io.EOF
	}
	d.begun = true
	d.z, err = xz.NewReader(src)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (d *unxz) Read(p []byte) (int, error) { return d.z.Read(p) }

func (d *unxz) restart() { d.begun = false }

func (d *unxz) window() int64 { return 64 << 20 }

func (d *unxz) Close() error { return nil }

var _ = fmt.Sprint
var _ = okazaki.Error{}
