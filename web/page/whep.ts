/** Plays a camera's WHEP address in a video element, and keeps trying. */

interface Told {
  /** Why there is no picture; null: there is one. */
  state(why: string | null): void;
  receiver(receiver: RTCRtpReceiver): void;
}

const RETRY_MS = 2000;

export function playWhep(url: string, video: HTMLVideoElement, told: Told): { close(): void } {
  let isClosed = false;
  let connection: RTCPeerConnection | undefined;
  let resource: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const end = () => {
    connection?.close();
    connection = undefined;
    // The server would notice by itself, later.
    if (resource !== undefined) void fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    resource = undefined;
  };
  const again = (why: string) => {
    end();
    if (isClosed) return;
    told.state(why);
    clearTimeout(timer);
    timer = setTimeout(() => void open(), RETRY_MS * (0.75 + Math.random() / 2));
  };
  const open = async () => {
    try {
      const peer = new RTCPeerConnection();
      connection = peer;
      const { receiver } = peer.addTransceiver('video', { direction: 'recvonly' });
      peer.ontrack = ({ streams, track }) => {
        video.srcObject = streams[0] ?? new MediaStream([track]);
        told.receiver(receiver);
      };
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === 'connected') told.state(null);
        if (['failed', 'closed', 'disconnected'].includes(peer.connectionState)) again('the video connection was lost');
      };
      resource = await negotiate(peer, url);
      if (isClosed) end();
    } catch (error) {
      again(error instanceof Error ? error.message : String(error));
    }
  };
  const close = () => {
    isClosed = true;
    clearTimeout(timer);
    end();
  };
  addEventListener('pagehide', close);
  void open();
  return {
    close: () => {
      removeEventListener('pagehide', close);
      close();
    },
  };
}

/** @returns address of the session, for its end */
async function negotiate(peer: RTCPeerConnection, url: string): Promise<string | undefined> {
  await peer.setLocalDescription(await peer.createOffer());
  await gathered(peer);
  const headers = { 'content-type': 'application/sdp' };
  const answer = await fetch(url, { method: 'POST', headers, body: peer.localDescription?.sdp ?? '' });
  if (!answer.ok) throw new Error(`the video server answers ${answer.status}`);
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  const location = answer.headers.get('location');
  return location === null ? undefined : new URL(location, answer.url).href;
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState === 'complete') resolve();
    });
    setTimeout(resolve, 1000);
  });
}
