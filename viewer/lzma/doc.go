// Package lzma compresses the simulator that lies in the page of a lesson.
//
// A program for WebAssembly repeats itself over megabytes, which deflate with its window of 32 KB does not see, and its
// bytes are well guessed from the ones before, which deflate's fixed Huffman tables do not use: what gzip makes of
// it is half as large again as what this package does. Browsers cannot undo it by themselves; the page brings the
// eighty lines that can, in viewer/page/src/lzma.ts.
//
// The format is that of the .lzma files of LZMA Utils ("LZMA_Alone"), as Igor Pavlov's LZMA specification in the LZMA
// SDK has it, so xz --format=lzma reads it.
package lzma
