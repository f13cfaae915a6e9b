/** What native libraries read from the environment of a process at its start. */

const NATIVE: Readonly<Record<string, string>> = {
  // ONNX Runtime would write a database and a device id into the home folder, and report its use to its maker.
  ORT_DISABLE_TELEMETRY: '1',
  // glibc: one heap for all threads, and large blocks go back to the system when they are given back.
  MALLOC_ARENA_MAX: '1',
  MALLOC_TOP_PAD_: '0',
};

/** The environment of this process for one that loads native libraries; what is set already stays. */
export function nativeEnv(): Record<string, string | undefined> {
  return { ...NATIVE, ...process.env };
}
