// Undoes viewer/lzma: the format of .lzma files with the parameters that it writes, lc=3, lp=0, pb=2.
const POSITIONS = 4, LITERALS = 0x300;

/** Reads bits by their probabilities, which are those of a 0 in 2048ths. */
class RangeDecoder {
  private width = 0xFFFFFFFF;
  private code = 0;

  constructor(private readonly text: Uint8Array, private at: number) {
    for (let i = 0; i < 5; i++) this.code = (this.code << 8 | this.text[this.at++]!) >>> 0; // the first of them is 0
  }

  bit(p: Uint16Array, i: number): number {
    const was = p[i]!, bound = (this.width >>> 11) * was;
    let bit = 0;
    if (this.code < bound) {
      this.width = bound;
      p[i] = was + (2048 - was >> 5);
    } else {
      this.width -= bound; this.code -= bound;
      p[i] = was - (was >> 5);
      bit = 1;
    }
    if (this.width < 0x1000000) this.more();
    return bit;
  }

  direct(bits: number): number {
    let v = 0;
    for (; bits > 0; bits--) {
      this.width >>>= 1;
      const bit = this.code >= this.width ? 1 : 0;
      if (bit) this.code -= this.width;
      v = v << 1 | bit;
      if (this.width < 0x1000000) this.more();
    }
    return v;
  }

  /** Highest bit first; the probabilities are those from `from` on. */
  tree(p: Uint16Array, bits: number, from = 0): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node << 1 | this.bit(p, from + node);
    return node - (1 << bits);
  }

  /** Lowest bit first. */
  reverseTree(p: Uint16Array, bits: number, from = 0): number {
    let v = 0;
    for (let i = 0, node = 1; i < bits; i++) {
      const bit = this.bit(p, from + node);
      node = node << 1 | bit;
      v |= bit << i;
    }
    return v;
  }

  private more(): void {
    this.width = this.width * 256 >>> 0;
    this.code = (this.code << 8 | this.text[this.at++]!) >>> 0;
  }
}

const even = (n: number): Uint16Array => new Uint16Array(n).fill(1024);

/** The length of a copy: 2 to 9, 10 to 17, or more, to 273. */
class Lengths {
  private readonly choice = even(2);
  private readonly low = even(POSITIONS * 8);
  private readonly mid = even(POSITIONS * 8);
  private readonly high = even(256);

  read(d: RangeDecoder, position: number): number {
    if (!d.bit(this.choice, 0)) return 2 + d.tree(this.low, 3, position * 8);
    if (!d.bit(this.choice, 1)) return 10 + d.tree(this.mid, 3, position * 8);
    return 18 + d.tree(this.high, 8);
  }
}

/** What a distance is, less one. */
class Distances {
  private readonly slots = even(4 * 64);
  private readonly special = even(115);
  private readonly align = even(16);

  read(d: RangeDecoder, length: number): number {
    const slot = d.tree(this.slots, 6, Math.min(length - 2, 3) * 64);
    if (slot < 4) return slot;
    const low = (slot >> 1) - 1, base = (2 | slot & 1) << low;
    if (slot < 14) return base + d.reverseTree(this.special, low, base - slot);
    return base + (d.direct(low - 4) << 4) + d.reverseTree(this.align, 4);
  }
}

/** A byte, which is guessed from the one before; and, behind a copy, not to be the one that would have made it longer. */
function literal(d: RangeDecoder, p: Uint16Array, before: number, other: number): number {
  const from = (before >> 5) * LITERALS;
  let node = 1;
  for (let i = 7; other >= 0 && i >= 0; i--) {
    const its = other >> i & 1, bit = d.bit(p, from + (1 + its << 8) + node);
    node = node << 1 | bit;
    if (bit !== its) other = -1;
  }
  while (node < 0x100) node = node << 1 | d.bit(p, from + node);
  return node & 255;
}

/** The bytes that viewer/lzma.Encode was given. */
export function decode(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const d = new RangeDecoder(text, 13), out = new Uint8Array(new DataView(text.buffer, text.byteOffset).getUint32(5, true));
  const isCopy = even(12 * POSITIONS), isLong = even(12 * POSITIONS), literals = even(8 * LITERALS);
  const isRep = even(12), isRep0 = even(12), isRep1 = even(12), isRep2 = even(12);
  const lengths = new Lengths(), repLengths = new Lengths(), distances = new Distances();
  let state = 0, rep0 = 1, rep1 = 1, rep2 = 1, rep3 = 1;
  const after = (kind: number): number => state < 7 ? kind : Math.min(kind + 3, 11);
  for (let n = 0; n < out.length;) {
    const position = n % POSITIONS, at = state * POSITIONS + position;
    if (!d.bit(isCopy, at)) {
      out[n] = literal(d, literals, n > 0 ? out[n - 1]! : 0, state < 7 ? -1 : out[n - rep0]!);
      n++;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length = 1;
    if (!d.bit(isRep, state)) {
      length = lengths.read(d, position);
      [rep3, rep2, rep1, rep0] = [rep2, rep1, rep0, distances.read(d, length) + 1];
      state = after(7);
    } else {
      let long = true;
      if (!d.bit(isRep0, state)) long = d.bit(isLong, at) === 1;
      else if (!d.bit(isRep1, state)) [rep1, rep0] = [rep0, rep1];
      else if (!d.bit(isRep2, state)) [rep2, rep1, rep0] = [rep1, rep0, rep2];
      else [rep3, rep2, rep1, rep0] = [rep2, rep1, rep0, rep3];
      if (long) length = repLengths.read(d, position);
      state = after(long ? 8 : 9);
    }
    for (const end = Math.min(n + length, out.length); n < end; n++) out[n] = out[n - rep0]!;
  }
  return out;
}
