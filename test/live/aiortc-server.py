"""A server of aiortc whose pictures show when they were taken, as those of rtsp-server.py.

    aiortc-server.py        takes offers as JSON at /offer; prints "port N"; ends when its input is closed
"""
import asyncio
import fractions
import sys
import time

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame

WIDTH, HEIGHT, FPS = 640, 360, 25
BITS, FIELD_W, FIELD_H = 48, 12, 16
peers = set()


class Clock(VideoStreamTrack):
    def __init__(self):
        super().__init__()
        self.begun = time.time()
        self.number = 0

    async def recv(self):
        due = self.begun + self.number / FPS
        self.number += 1
        await asyncio.sleep(max(0, due - time.time()))
        taken = time.time()
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        bits = ((int(taken * 1000) >> (BITS - 1 - i)) & 1 for i in range(BITS))
        row = b"".join((b"\xeb" if bit else b"\x10") * FIELD_W for bit in bits)
        row += b"\x60" * (WIDTH - len(row))
        luma = row * FIELD_H + b"\x60" * (WIDTH * (HEIGHT - FIELD_H))
        stride = frame.planes[0].line_size
        frame.planes[0].update(b"".join(luma[y * WIDTH : (y + 1) * WIDTH].ljust(stride) for y in range(HEIGHT)))
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = int((taken - self.begun) * 90000)
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


async def offer(request):
    params = await request.json()
    peer = RTCPeerConnection()
    peers.add(peer)
    await peer.setRemoteDescription(RTCSessionDescription(sdp=params["sdp"], type=params["type"]))
    peer.addTrack(Clock())
    await peer.setLocalDescription(await peer.createAnswer())
    answer = peer.localDescription
    return web.json_response({"sdp": answer.sdp, "type": answer.type})


async def main():
    app = web.Application()
    app.router.add_post("/offer", offer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("port", site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.gather(*(peer.close() for peer in peers))


asyncio.run(main())
