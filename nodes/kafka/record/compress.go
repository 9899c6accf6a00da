package record

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Compressor compresses records, and keeps its tables for the next time. The zero value is ready. It is not for concurrent
// use.
type Compressor struct {
	buf  bytes.Buffer
	gzip *gzip.Writer
	lz4  *lz4.Writer
	zstd *zstd.Encoder
}

// Append compresses src, appends the result to dst and returns that.
func (c *Compressor) Append(dst []byte, codec Codec, src []byte) ([]byte, error) {
	switch codec {
	case Uncompressed:
		return append(dst, src...), nil
	case Snappy:
		return append(dst, snappy.Encode(nil, src)...), nil
	case Gzip:
		if c.gzip == nil {
			c.gzip = gzip.NewWriter(nil)
		}
		c.buf.Reset()
		c.gzip.Reset(&c.buf)
		return c.finish(dst, c.gzip, src)
	case LZ4:
		if c.lz4 == nil {
			c.lz4 = lz4.NewWriter(nil)
		}
		c.buf.Reset()
		c.lz4.Reset(&c.buf)
		return c.finish(dst, c.lz4, src)
	case Zstd:
		if c.zstd == nil {
			var err error
			if c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
				return dst, err
			}
		}
		return c.zstd.EncodeAll(src, dst), nil
	}
	return dst, refuse(UnsupportedCompressionType, "there is no compression %d", codec)
}

func (c *Compressor) finish(dst []byte, w io.WriteCloser, src []byte) ([]byte, error) {
	if _, err := w.Write(src); err != nil {
		return dst, err
	}
	if err := w.Close(); err != nil {
		return dst, err
	}
	return append(dst, c.buf.Bytes()...), nil
}
