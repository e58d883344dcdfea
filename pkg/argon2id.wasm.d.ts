export const memory: WebAssembly.Memory;
export const room: (passphraseBytes: number) => number;
export const derive: (memoryKib: number, passes: number) => number;
