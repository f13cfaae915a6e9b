/** One try to play a WHEP address. */
import type { Playing } from './playing.ts';

/** Newer than the types. */
interface HeaderExtensions {
  getHeaderExtensionsToNegotiate?(): { readonly uri: string; direction: string }[];
  setHeaderExtensionsToNegotiate?(extensions: readonly { readonly uri: string; direction: string }[]): void;
}

const CAPTURE_TIME = /abs-capture-time$/;
const GATHER_MS = 1000;
const CONNECT_WITHIN_MS = 15_000;

/** @throws Error that says in words why there is no picture */
export async function openWebRtc({ video, url, headers, started, lost }: Playing) {
  const peer = new RTCPeerConnection();
  let resource: URL | undefined;
  const late = setTimeout(() => lost('no way to the video by WebRTC'), CONNECT_WITHIN_MS);
  const end = () => {
    clearTimeout(late);
    peer.close();
    // The server would notice by itself, later.
    if (resource) void fetch(resource, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined);
  };
  try {
    const transceiver = peer.addTransceiver('video', { direction: 'recvonly' });
    askCaptureTimes(transceiver);
    peer.ontrack = ({ streams, track }) => {
      video.srcObject = streams[0] ?? new MediaStream([track]);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') {
        clearTimeout(late);
        started();
      }
      if (['failed', 'closed', 'disconnected'].includes(peer.connectionState)) lost('the video connection was lost');
    };
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const body = peer.localDescription?.sdp ?? '';
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/sdp' },
      body,
    });
    if (!answer.ok) throw new Error(`the video server answers ${answer.status}`);
    const location = answer.headers.get('location');
    if (location !== null) resource = new URL(location, answer.url);
    await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    return { receiver: transceiver.receiver, end };
  } catch (error) {
    end();
    throw error;
  }
}

/** Browsers know the time of capture that a sender states, but do not ask for it by themselves. */
function askCaptureTimes(transceiver: RTCRtpTransceiver & HeaderExtensions): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const each of extensions) if (CAPTURE_TIME.test(each.uri)) each.direction = 'sendrecv';
  transceiver.setHeaderExtensionsToNegotiate?.(extensions);
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState === 'complete') resolve();
    });
    setTimeout(resolve, GATHER_MS);
  });
}
