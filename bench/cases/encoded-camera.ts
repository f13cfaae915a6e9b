/** The picture of a running virtual camera, encoded by FFmpeg and served as MPEG-TS over HTTP, live. */

const FPS = 12;
const RAW = '-f rawvideo -pix_fmt yuv420p -s 640x360 -use_wallclock_as_timestamps 1 -i pipe:0';
const H264 =
  '-fps_mode passthrough -enc_time_base 1/90000 -c:v libx264 -preset ultrafast -tune zerolatency -g 12 -bf 0';
const COMMAND = `ffmpeg -v error ${RAW} ${H264} -f mpegts pipe:1`.split(' ');

/** @param cameraPort of `bun run camera`; its `profile_sub` has 640 × 360 pixels */
export function serveEncoded(cameraPort: number): AsyncDisposable & { readonly port: number } {
  const readers = new Set<AsyncDisposable>();
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: () => {
      const encoder = encode(`http://127.0.0.1:${cameraPort}/debug/frame?profile=profile_sub`);
      readers.add(encoder);
      return new Response(encoder.stdout, { headers: { 'content-type': 'video/mp2t' } });
    },
  });
  return {
    port: server.port ?? 0,
    [Symbol.asyncDispose]: async () => {
      for (const reader of readers) await reader[Symbol.asyncDispose]();
      await server.stop(true);
    },
  };
}

function encode(frameUrl: string): AsyncDisposable & { readonly stdout: ReadableStream<Uint8Array> } {
  const ffmpeg = Bun.spawn(COMMAND, { stdio: ['pipe', 'pipe', 'inherit'] });
  const feed = async () => {
    for (let next = performance.now(); ffmpeg.exitCode === null; next += 1000 / FPS) {
      await Bun.sleep(Math.max(0, next - performance.now()));
      const picture = new Uint8Array(await (await fetch(frameUrl)).arrayBuffer());
      await ffmpeg.stdin.write(picture);
      await ffmpeg.stdin.flush();
    }
  };
  // Its reader or the camera went away: the stream ends. Not waited for: a write to a dead process may never come back.
  feed().catch(() => ffmpeg.kill('SIGKILL'));
  return {
    stdout: ffmpeg.stdout,
    [Symbol.asyncDispose]: async () => {
      ffmpeg.kill('SIGKILL');
      await ffmpeg.exited;
    },
  };
}
