"""ipycam (PyPI), an ONVIF camera by others, on loopback: WS-Discovery, Media, PTZ, and RTSP by FFmpeg.

    ipycam-peer.py OPTIONS        JSON: {"port", "rtsp_port", "username", "password"}; prints "ready"; ends when its input is closed
"""
import json
import sys
import threading
import time

import numpy
from ipycam import CameraConfig, IPCamera

FPS = 10


def main(options):
    main_stream = {"main_width": 640, "main_height": 360, "main_fps": FPS, "main_bitrate": "1M"}
    sub_stream = {"sub_width": 320, "sub_height": 180, "sub_fps": FPS, "sub_bitrate": "500K"}
    # No go2rtc: it has a server of its own.
    config = CameraConfig(local_ip="127.0.0.1", onvif_port=options.pop("port"), go2rtc_api_port=1, **options, **main_stream, **sub_stream)
    camera = IPCamera(config)
    camera.start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("ready", flush=True)
    number = 0
    while not ended.is_set():
        picture = numpy.full((360, 640, 3), 96, numpy.uint8)
        picture[150:190, number * 4 % 600 : number * 4 % 600 + 40] = 208
        camera.stream(picture)
        number += 1
        time.sleep(1 / FPS)
    camera.stop()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
