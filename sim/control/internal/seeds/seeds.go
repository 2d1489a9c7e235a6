// Package seeds makes seeds for fuzzing of the situations that tests play:
// structs and slices of fixed sizes as bytes, and any bytes as such.
package seeds

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Bytes are the parts of a situation, one after the other.
func Bytes(parts ...any) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(fmt.Sprintf("a part without a fixed size: %v", err))
		}
	}
	return b.Bytes()
}

// Reader reads the parts back.
type Reader struct{ data []byte }

// Read begins with the first byte.
func Read(data []byte) *Reader { return &Reader{data} }

// Part reads the next part into a pointer or a slice. What is missing is zero.
func (r *Reader) Part(into any) {
	size := binary.Size(into)
	if size > len(r.data) {
		r.data = append(bytes.Clone(r.data), make([]byte, size-len(r.data))...)
	}
	if _, err := binary.Decode(r.data, binary.LittleEndian, into); err != nil {
		panic(fmt.Sprintf("a part without a fixed size: %v", err))
	}
	r.data = r.data[size:]
}

// Left is how many bytes are left.
func (r *Reader) Left() int { return len(r.data) }
