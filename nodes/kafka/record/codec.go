package record

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codec is how the records of a batch are compressed.
type Codec uint8

// The codecs, by their numbers in the attributes.
const (
	Uncompressed Codec = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

// String is the codec's name, as compression.type has it.
func (c Codec) String() string {
	if c > Zstd {
		return "unknown"
	}
	return [...]string{"none", "gzip", "snappy", "lz4", "zstd"}[c]
}

// DefaultLimit is how many bytes the records of a batch may have when they are no longer compressed, where nobody says
// otherwise: 128 MiB.
const DefaultLimit = 128 << 20

// Decompressor undoes compression, and keeps its buffers and tables for the next time. The zero value is ready. It is not
// for concurrent use.
type Decompressor struct {
	// Limit is how many bytes may come out of one batch; 0 means DefaultLimit. More is refused with MESSAGE_TOO_LARGE.
	Limit int

	buf  bytes.Buffer
	src  bytes.Reader
	gzip *gzip.Reader
	lz4  *lz4.Reader
	zstd *zstd.Decoder
	out  []byte
}

// xerial begins what Java's snappy writes: blocks, each behind its length, instead of one block.
var xerial = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const xerialHeader = 16 // with two versions

// Decompress returns the records of the batch. They are valid until the next call; if they were not compressed, they
// are the batch's own bytes. The error is an *Error.
func (d *Decompressor) Decompress(b Batch) ([]byte, error) {
	return d.decompress(b.Codec(), b.Payload())
}

func (d *Decompressor) limit() int {
	if d.Limit > 0 {
		return d.Limit
	}
	return DefaultLimit
}

func (d *Decompressor) decompress(c Codec, p []byte) (out []byte, err error) {
	switch c {
	case Uncompressed:
		return p, nil
	case Gzip:
		out, err = d.gunzip(p)
	case Snappy:
		out, err = d.unsnappy(p)
	case LZ4:
		out, err = d.unlz4(p)
	case Zstd:
		out, err = d.unzstd(p)
	default:
		return nil, refuse(UnsupportedCompressionType, "there is no compression %d", c)
	}
	if errors.Is(err, errLimit) {
		return nil, refuse(MessageTooLarge, "the batch decompresses to more than %d bytes", d.limit())
	}
	if err != nil {
		return nil, refuse(CorruptMessage, "the batch does not decompress (%v): %v", c, err)
	}
	return out, nil
}

var errLimit = errors.New("too large")

// drain reads all that comes out of a decompressor, up to the limit.
func (d *Decompressor) drain(r io.Reader) ([]byte, error) {
	d.buf.Reset()
	n, err := d.buf.ReadFrom(io.LimitReader(r, int64(d.limit())+1))
	if err == nil && n > int64(d.limit()) {
		err = errLimit
	}
	return d.buf.Bytes(), err
}

func (d *Decompressor) gunzip(p []byte) ([]byte, error) {
	d.src.Reset(p)
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	if err := d.gzip.Reset(&d.src); err != nil {
		return nil, err
	}
	return d.drain(d.gzip)
}

func (d *Decompressor) unlz4(p []byte) ([]byte, error) {
	d.src.Reset(p)
	if d.lz4 == nil {
		d.lz4 = lz4.NewReader(nil)
	}
	d.lz4.Reset(&d.src)
	return d.drain(d.lz4)
}

func (d *Decompressor) unzstd(p []byte) (out []byte, err error) {
	if d.zstd == nil {
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(uint64(d.limit())))
		if err != nil {
			return nil, err
		}
	}
	d.out, err = d.zstd.DecodeAll(p, d.out[:0])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || len(d.out) > d.limit() {
		err = errLimit
	}
	return d.out, err
}

// unsnappy takes both forms: a bare block, as librdkafka writes it, and the blocks of Java's clients.
func (d *Decompressor) unsnappy(p []byte) ([]byte, error) {
	if !bytes.HasPrefix(p, xerial) {
		d.out = d.out[:0]
		err := d.block(p)
		return d.out, err
	}
	if len(p) < xerialHeader {
		return nil, io.ErrUnexpectedEOF
	}
	d.out = d.out[:0]
	for p = p[xerialHeader:]; len(p) > 0; {
		if len(p) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		n := int64(binary.BigEndian.Uint32(p))
		if n > int64(len(p)-4) {
			return nil, io.ErrUnexpectedEOF
		}
		if err := d.block(p[4 : 4+n]); err != nil {
			return nil, err
		}
		p = p[4+n:]
	}
	return d.out, nil
}

// block decompresses one block of snappy behind what there is.
func (d *Decompressor) block(p []byte) error {
	n, err := snappy.DecodedLen(p)
	if err != nil {
		return err
	}
	at := len(d.out)
	if n > d.limit()-at {
		return errLimit
	}
	if cap(d.out) < at+n {
		d.out = append(make([]byte, 0, at+n), d.out...)
	}
	if _, err := snappy.Decode(d.out[at:at+n], p); err != nil {
		return err
	}
	d.out = d.out[:at+n]
	return nil
}
