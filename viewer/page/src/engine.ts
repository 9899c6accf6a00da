// The simulator that lies in the page of a lesson: see lessons/wasm and lessons/stage/view.go for what it says.
import { fromBase64 } from "./run";

export interface Machine { id: string; server: boolean; up: boolean; paused?: boolean; life: number; clock?: number; state?: string }
export interface Waiting {
  id: string; kind: string; node: string; from?: string; what: string; cause: number; due: number; message?: boolean;
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

/** Starts the simulator. It throws an Error that says in words why it cannot. */
export async function startEngine(base64: string): Promise<Play> {
  const packed = new Blob([fromBase64(base64) as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = await new Response(packed).arrayBuffer();
  const page = globalThis as unknown as Page, runtime = new page.Go();
  const { instance } = await WebAssembly.instantiate(code, runtime.importObject);
  await new Promise<void>((ready, failed) => {
    page.orreryReady = ready;
    runtime.run(instance).then(() => failed(new Error("the simulator has ended")), failed);
  });
  return (r) => JSON.parse(page.orreryPlay(JSON.stringify(r))) as View;
}
