package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"golang.org/x/image/font/sfnt"
)

// face is a TrueType font that was read once. fpdf reads a font of 30,000
// glyphs anew for each document, which takes longer than all the rest; so it
// gets one that holds only the characters of the document.
type face struct {
	file    io.ReaderAt       // outlines are read when needed
	glyf    int64             // where they begin in file
	tables  map[string][]byte // the small ones
	glyphs  *sfnt.Font        // finds glyphs by character; safe for concurrent use
	offsets []uint32          // of each glyph in glyf, and the end
	metrics int               // glyphs with a width of their own
}

var errFont = errors.New("pdf: not a TrueType font that can be cut")

// be reads and writes what the font format (OpenType 1.9) has: big-endian.
var be = binary.BigEndian

func newFace(file io.ReaderAt) (*face, error) {
	glyphs, err := sfnt.ParseReaderAt(file)
	if err != nil {
		return nil, fmt.Errorf("parse font: %w", err)
	}
	f := &face{file: file, tables: map[string][]byte{}, glyphs: glyphs}
	head, err := f.read(0, 12)
	if err != nil {
		return nil, err
	}
	directory, err := f.read(12, 16*int(be.Uint16(head[4:])))
	if err != nil {
		return nil, err
	}
	for entry := range slices.Chunk(directory, 16) {
		name, at, n := string(entry[:4]), int64(be.Uint32(entry[8:])), int(be.Uint32(entry[12:]))
		if name == "glyf" {
			f.glyf = at
		}
		if slices.Contains(smallTables, name) {
			if f.tables[name], err = f.read(at, n); err != nil {
				return nil, err
			}
		}
	}
	if f.glyf == 0 || len(f.tables) != len(smallTables) {
		return nil, errFont
	}
	f.measure()
	return f, nil
}

// smallTables are held in memory.
var smallTables = []string{"head", "hhea", "maxp", "OS/2", "post", "name", "hmtx", "loca"}

func (f *face) read(at int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := f.file.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	return b, nil
}

// measure learns where each outline stands and how many have a width of their own.
func (f *face) measure() {
	f.metrics = int(be.Uint16(f.tables["hhea"][34:]))
	loca, n := f.tables["loca"], int(be.Uint16(f.tables["maxp"][4:]))
	long := be.Uint16(f.tables["head"][50:]) == 1
	for i := range n + 1 {
		if long {
			f.offsets = append(f.offsets, be.Uint32(loca[4*i:]))
		} else {
			f.offsets = append(f.offsets, 2*uint32(be.Uint16(loca[2*i:])))
		}
	}
}

// glyph returns the glyph of a character, 0 if there is none.
func (f *face) glyph(buf *sfnt.Buffer, r rune) uint16 {
	i, err := f.glyphs.GlyphIndex(buf, r)
	if err != nil || r > 0xffff { // fpdf knows the Basic Multilingual Plane alone
		return 0
	}
	return uint16(i)
}

func (f *face) outline(glyph uint16) ([]byte, error) {
	from, to := f.offsets[glyph], f.offsets[glyph+1]
	return f.read(f.glyf+int64(from), int(to-from))
}

// width returns the four bytes of horizontal metrics of a glyph.
func (f *face) width(glyph uint16) []byte {
	hmtx, i := f.tables["hmtx"], int(glyph)
	if i < f.metrics {
		return hmtx[4*i : 4*i+4]
	}
	bearing := hmtx[4*f.metrics+2*(i-f.metrics):]
	return []byte{hmtx[4*f.metrics-4], hmtx[4*f.metrics-3], bearing[0], bearing[1]}
}

// subset returns a font with the given characters, in order and each once.
func (f *face) subset(chars []rune) ([]byte, error) {
	var buf sfnt.Buffer
	c := cut{renumber: map[uint16]uint16{}}
	c.keep(0) // .notdef comes first
	index := make([]uint16, len(chars))
	for i, r := range chars {
		index[i] = c.keep(f.glyph(&buf, r))
	}
	for i := 0; i < len(c.kept); i++ { // grows by the parts of composite glyphs
		outline, err := f.outline(c.kept[i])
		if err != nil {
			return nil, err
		}
		for _, at := range components(outline) {
			be.PutUint16(outline[at:], c.keep(be.Uint16(outline[at:])))
		}
		c.add(outline)
	}
	c.loca = be.AppendUint32(c.loca, uint32(len(c.glyf))) //nolint:gosec // smaller than the font
	return f.assemble(c, characterMap(chars, index)), nil
}

// cut is a font in the making.
type cut struct {
	kept       []uint16 // glyphs by their new number
	renumber   map[uint16]uint16
	glyf, loca []byte
}

// keep returns the new number of a glyph.
func (c *cut) keep(old uint16) uint16 {
	n, ok := c.renumber[old]
	if !ok {
		n = uint16(len(c.kept)) //nolint:gosec // a font has fewer glyphs
		c.renumber[old] = n
		c.kept = append(c.kept, old)
	}
	return n
}

// add appends the outline of the next glyph.
func (c *cut) add(outline []byte) {
	c.loca = be.AppendUint32(c.loca, uint32(len(c.glyf))) //nolint:gosec // smaller than the font
	c.glyf = append(c.glyf, outline...)
	c.glyf = append(c.glyf, make([]byte, (4-len(c.glyf)%4)%4)...)
}

// Flags of the parts of a composite glyph (OpenType, glyf).
const (
	argsAreWords = 0x0001
	hasScale     = 0x0008
	moreParts    = 0x0020
	hasXYScale   = 0x0040
	has2x2       = 0x0080
)

// components returns where a composite outline names its parts.
func components(outline []byte) []int {
	if len(outline) < 10 || outline[0]&0x80 == 0 { // the number of contours is not negative
		return nil
	}
	var places []int
	for at := 10; at+4 <= len(outline); {
		flags := be.Uint16(outline[at:])
		places = append(places, at+2)
		at += 6
		if flags&argsAreWords != 0 {
			at += 2
		}
		switch {
		case flags&hasScale != 0:
			at += 2
		case flags&hasXYScale != 0:
			at += 4
		case flags&has2x2 != 0:
			at += 8
		}
		if flags&moreParts == 0 {
			break
		}
	}
	return places
}

// characterMap returns a cmap table with one format 4 segment per character.
func characterMap(chars []rune, index []uint16) []byte {
	n := uint16(len(chars) + 1) //nolint:gosec // at most the Basic Multilingual Plane of one document
	var ends, starts, deltas []byte
	for i, r := range chars {
		c := uint16(r) //nolint:gosec // glyph maps what is larger to nothing, and sheet leaves it out
		ends, starts = be.AppendUint16(ends, c), be.AppendUint16(starts, c)
		deltas = be.AppendUint16(deltas, index[i]-c)
	}
	table := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12} // one subtable: Windows, Unicode
	table = be.AppendUint16(table, 4)
	table = be.AppendUint16(table, 16+8*n)
	table = append(table, 0, 0)
	table = be.AppendUint16(table, 2*n)
	table = append(table, make([]byte, 6)...) // search hints, which fpdf does not use
	table = append(append(table, ends...), 0xff, 0xff, 0, 0)
	table = append(append(table, starts...), 0xff, 0xff)
	table = append(append(table, deltas...), 0, 1)
	return append(table, make([]byte, 2*int(n))...) // no offsets
}

// assemble writes a font file. Checksums are left out: fpdf cuts the font once
// more and writes its own.
func (f *face) assemble(c cut, cmap []byte) []byte {
	n := uint16(len(c.kept)) //nolint:gosec // a font has fewer glyphs
	var hmtx []byte
	for _, old := range c.kept {
		hmtx = append(hmtx, f.width(old)...)
	}
	patched := func(name string, at int, v uint16) []byte {
		t := bytes.Clone(f.tables[name])
		be.PutUint16(t[at:], v)
		return t
	}
	out := map[string][]byte{
		"OS/2": f.tables["OS/2"], "cmap": cmap, "glyf": c.glyf, "head": patched("head", 50, 1),
		"hhea": patched("hhea", 34, n), "hmtx": hmtx, "loca": c.loca, "maxp": patched("maxp", 4, n),
		"name": f.tables["name"], "post": f.tables["post"],
	}
	file := []byte{0, 1, 0, 0}
	file = be.AppendUint16(file, uint16(len(out))) //nolint:gosec // ten tables
	file = append(file, make([]byte, 6)...)
	at := 12 + 16*len(out)
	var body []byte
	for _, name := range slices.Sorted(maps.Keys(out)) {
		file = append(append(file, name...), 0, 0, 0, 0)
		file = be.AppendUint32(file, uint32(at+len(body)))   //nolint:gosec // smaller than the font
		file = be.AppendUint32(file, uint32(len(out[name]))) //nolint:gosec // as above
		body = append(body, out[name]...)
		body = append(body, make([]byte, (4-len(body)%4)%4)...)
	}
	return append(file, body...)
}
