"""The metadata track of a camera with its own analytics, for rtsp-server.py: ONVIF's scene description of an object that
goes from left to right once in four seconds, so that its box tells the time of the picture that it is of.
"""
import struct
import threading
from datetime import datetime, timezone

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

OPTIONS = {
    "every": 3,  # describes each so many pictures
    "delay_ms": 200,  # what its analytics take
    "clock_ms": 0,  # by how much the clock of its UtcTime is ahead
    "quiet": False,  # sees nothing, and says so once
    "padding": 3000,  # bytes of a comment, so that a document takes several packets
}

LOOP_MS = 4000
CLOCK_HZ = 90_000
CAPS = f"application/x-rtp,media=application,payload=107,clock-rate={CLOCK_HZ},encoding-name=VND.ONVIF.METADATA"
TRACK = f"appsrc name=scenes is-live=true format=time caps={CAPS} ! identity name=pay1"
MOST_PAYLOAD = 1200


class Scenes:
    def __init__(self, options):
        self.options = {**OPTIONS, **options}
        self.source = None
        self.packets = 0

    def begin(self, source):
        self.source = source

    def seen(self, number, unix_ms, pts):
        """A picture was taken: it is described some time later."""
        every = 1 << 31 if self.options["quiet"] else self.options["every"]
        if number % every == 0:
            timer = threading.Timer(self.options["delay_ms"] / 1000, self.describe, (self.source, unix_ms, pts))
            timer.daemon = True
            timer.start()

    def describe(self, source, unix_ms, pts):
        """In packets, with the marker on the last one."""
        text = document(unix_ms, self.options).encode()
        for at in range(0, len(text), MOST_PAYLOAD):
            marker = 0x80 if at + MOST_PAYLOAD >= len(text) else 0
            timestamp = pts * CLOCK_HZ // Gst.SECOND % 2**32
            header = struct.pack(">BBHII", 0x80, marker | 107, self.packets % 2**16, timestamp, 0x1234)
            self.packets += 1
            buffer = Gst.Buffer.new_wrapped(header + text[at : at + MOST_PAYLOAD])
            buffer.pts = pts
            source.emit("push-buffer", buffer)


def document(unix_ms, options):
    seconds = (unix_ms + options["clock_ms"]) / 1000
    utc = datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    left = unix_ms % LOOP_MS / LOOP_MS * 288
    walker = f"""<tt:Object ObjectId="12"><tt:Appearance><tt:Shape>
<tt:BoundingBox left="{left:.3f}" top="90" right="{left + 32:.3f}" bottom="72"/><tt:CenterOfGravity x="{left + 16:.3f}" y="81"/>
</tt:Shape><tt:Class><tt:Type Likelihood="0.9">Human</tt:Type></tt:Class></tt:Appearance></tt:Object>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><!--{"x" * options["padding"]}-->
<tt:VideoAnalytics><tt:Frame UtcTime="{utc}" Source="tracker">
<tt:Transformation><tt:Translate x="-1" y="-1"/><tt:Scale x="0.00625" y="0.011111111"/></tt:Transformation>
{"" if options["quiet"] else walker}
</tt:Frame></tt:VideoAnalytics></tt:MetadataStream>"""
