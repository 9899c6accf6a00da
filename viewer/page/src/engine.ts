import { decode } from "./lzma";

// The simulator that lies in the page of a lesson: see lessons/wasm and lessons/stage/view.go for what it says.
export interface Machine { id: string; server: boolean; up: boolean; paused?: boolean; life: number; clock?: number; state?: string }
export interface Waiting {
  id: string; kind: string; node: string; from?: string; what: string; cause: number; due: number; message?: boolean; frame?: boolean;
}
export interface Told { seq: number; at: number; kind: string; node?: string; peer?: string; what: string; cause?: number }
export interface View {
  now: number; hash: string; verdict: string; property?: string; detail?: string; seq?: number;
  machines: Machine[]; pending: Waiting[]; events: Told[]; cuts?: string[]; error?: string;
}
export interface Request { lesson: number; variant: string; seed: number; steps: string[] }
export type Play = (r: Request) => View;

interface Runtime { importObject: WebAssembly.Imports; run(i: WebAssembly.Instance): Promise<void> }
interface Page { Go: new () => Runtime; orreryPlay: (text: string) => string; orreryReady: () => void }

/** Bytes as viewer/lesson.go writes them: seven bits a character. */
function fromDense(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(text.length * 7 / 8));
  for (let i = 0, held = 0, bits = 0, n = 0; i < text.length; i++) {
    held = (held & 255) << 7 | text.charCodeAt(i) & 127; bits += 7;
    if (bits >= 8) { bits -= 8; bytes[n++] = held >> bits; }
  }
  return bytes;
}

/** Starts the simulator. It throws an Error that says in words why it cannot. */
export async function startEngine(text: string): Promise<Play> {
  const code = decode(fromDense(text));
  const page = globalThis as unknown as Page, runtime = new page.Go();
  const { instance } = await WebAssembly.instantiate(code, runtime.importObject);
  await new Promise<void>((ready, failed) => {
    page.orreryReady = ready;
    runtime.run(instance).then(() => failed(new Error("the simulator has ended")), failed);
  });
  return (r) => JSON.parse(page.orreryPlay(JSON.stringify(r))) as View;
}
