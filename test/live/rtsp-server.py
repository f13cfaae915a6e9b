"""An RTSP server of GStreamer (gst-rtsp-server) whose pictures show when they were taken.

    rtsp-server.py OPTIONS        JSON, see OPTIONS below; prints "port N"; ends when its input is closed

With "given", pictures come by its input: 8 bytes of Unix time in milliseconds, highest first, and the luma, row by row.

With "metadata", a second track describes the pictures as ONVIF's scene description: metadata.py.

The top left of each picture is a strip of 48 fields, 12 by 16 pixels: the Unix time in milliseconds, highest bit first,
white for 1.
"""
import json
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

import metadata

NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970

OPTIONS = {
    "port": 0,  # 0: any
    "path": "/live",
    "codec": "h264",  # h264, h265, mjpeg, jpeg2000 (that FFmpeg does not know over RTP), none (sound only)
    "fps": 25,
    "gop": 25,
    "bframes": 0,
    "skew": 0.0,  # how much faster its clock for timestamps runs; 0.005 is 0.5 %
    "sync": "capture",  # what its sender reports tell the time of: capture, or send, which is GStreamer's own choice
    "delay_ms": 0,  # from taking a picture to encoding it, as in a slow camera
    "protocols": "all",  # tcp, udp
    "logins": [],  # [user, password] each; none: anybody
    "digest": False,
    "size": [640, 360],
    "given": False,  # pictures come by its input
    "onvif": False,  # its packets tell the time of capture (RTP header extension 0xABAC)
    "replay": False,  # it takes requests with Require: onvif-replay
    "metadata": None,  # options of metadata.py; none: there is no such track
}

BITS, FIELD_W, FIELD_H = 48, 12, 16


class Pictures:
    def __init__(self, width, height):
        self.width = width
        self.base = bytearray(b"\x60" * (width * height) + b"\x80" * (width * height // 2))

    def next(self, number):
        unix_ms = int(time.time() * 1000)
        return unix_ms, self.taken_at(unix_ms, number)

    def taken_at(self, unix_ms, number):
        picture = self.clocked(unix_ms)
        x = number * 4 % (self.width - 40)
        for y in range(150, 190):
            picture[y * self.width + x : y * self.width + x + 40] = b"\xd0" * 40
        return bytes(picture)

    def clocked(self, unix_ms):
        picture = bytearray(self.base)
        bits = ((unix_ms >> (BITS - 1 - i)) & 1 for i in range(BITS))
        row = b"".join((b"\xeb" if bit else b"\x10") * FIELD_W for bit in bits)
        row += b"\x60" * (self.width - len(row))
        picture[0 : self.width * FIELD_H] = row * FIELD_H
        return picture


class GivenPictures(Pictures):
    """Those that came by the input, the newest one at a time."""

    def __init__(self, width, height):
        super().__init__(width, height)
        self.luma = width * height
        self.came = threading.Condition()
        self.newest = None

    def read(self):
        while len(stamp := sys.stdin.buffer.read(8)) == 8:
            luma = sys.stdin.buffer.read(self.luma)
            with self.came:
                self.newest = int.from_bytes(stamp, "big"), luma
                self.came.notify()

    def next(self, _number):
        with self.came:
            self.came.wait_for(lambda: self.newest is not None)
            (unix_ms, luma), self.newest = self.newest, None
        picture = self.clocked(unix_ms)
        strip = self.width * FIELD_H
        picture[strip : self.luma] = luma[strip:]
        return unix_ms, bytes(picture)


def encoder(options):
    if options["codec"] == "mjpeg":
        return "jpegenc ! rtpjpegpay name=pay0 pt=26"
    if options["codec"] == "jpeg2000":
        return "openjpegenc ! rtpj2kpay name=pay0 pt=96"
    name = "x265enc" if options["codec"] == "h265" else "x264enc"
    keys = f"key-int-max={options['gop']}"
    tune = "tune=zerolatency" if options["bframes"] == 0 else ""
    frames = f"bframes={options['bframes']} b-adapt=false" if name == "x264enc" else ""
    pay = "rtph265pay" if name == "x265enc" else "rtph264pay"
    profile = "! video/x-h264,profile=main" if options["bframes"] > 0 else ""
    return f"{name} speed-preset=ultrafast {tune} {keys} {frames} {profile} ! {pay} name=pay0 pt=96"


def stamped(pipeline, scenes):
    """The server takes pay0 for the last element: a bin of the payloader and what writes times into its packets."""
    head, _, payloader = pipeline.rpartition("!")
    bin = Gst.parse_launch(f"( {head.rstrip(' !')} ! identity name=coded {scenes} )")
    pay = Gst.parse_bin_from_description(f"{payloader.replace('name=pay0', '')} ! rtponviftimestamp name=stamps", True)
    pay.set_property("name", "pay0")
    bin.add(pay)
    bin.get_by_name("coded").link(pay)
    return bin


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.set_shared(True)
        self.given = GivenPictures(*options["size"]) if options["given"] else None
        self.scenes = None if options["metadata"] is None else metadata.Scenes(options["metadata"])

    def do_create_element(self, _url):
        if self.options["codec"] == "none":
            return Gst.parse_launch("( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )")
        width, height = self.options["size"]
        caps = f"video/x-raw,format=I420,width={width},height={height},framerate={self.options['fps']}/1"
        scenes = "" if self.scenes is None else metadata.TRACK
        pipeline = f"appsrc name=source is-live=true format=time caps={caps} ! {encoder(self.options)}"
        return stamped(pipeline, scenes) if self.options["onvif"] else Gst.parse_launch(f"( {pipeline} {scenes} )")

    def do_configure(self, media):
        GstRtspServer.RTSPMediaFactory.do_configure(self, media)
        if self.options["sync"] == "capture":
            media.connect("prepared", report_capture_times)
        source = media.get_element().get_child_by_name("source")
        if source is not None:
            threading.Thread(target=self.feed, args=(source,), daemon=True).start()
        if self.scenes is not None:
            self.scenes.begin(media.get_element().get_child_by_name("scenes"))

    def feed(self, source):
        """Pushes pictures at their rate, each stamped with when it was taken on the clock of the pipeline."""
        pictures = self.given or Pictures(*self.options["size"])
        stamps = source.get_parent().get_by_name("stamps")
        period = 1 / self.options["fps"]
        due, number, waiting = time.monotonic(), 0, []
        while True:
            clock = source.get_clock()
            if clock is None or source.get_base_time() == 0:  # not playing yet, or not any more
                time.sleep(0.002)
                continue
            if stamps is not None and number == 0:
                running = clock.get_time() - source.get_base_time()
                stamps.set_property("ntp-offset", time.time_ns() + NTP_EPOCH_S * Gst.SECOND - running)
            unix_ms, picture = pictures.next(number)
            age = time.time() - unix_ms / 1000
            taken = max(0, clock.get_time() - source.get_base_time() - int(age * 1e9))
            waiting.append((time.monotonic() - age, taken, picture))
            if self.scenes is not None:
                self.scenes.seen(number, unix_ms, taken)
            while waiting and waiting[0][0] <= time.monotonic() - self.options["delay_ms"] / 1000:
                _, pts, data = waiting.pop(0)
                # The server holds back what is stamped in the future: a clock that is too fast begins in the past.
                pts = int(pts * (1 + self.options["skew"])) - (4 * Gst.SECOND if self.options["skew"] > 0 else 0)
                if pts < 0:
                    continue
                buffer = Gst.Buffer.new_wrapped(data)
                buffer.pts = pts
                buffer.duration = int(period * 1e9)
                if source.emit("push-buffer", buffer) not in (Gst.FlowReturn.OK, Gst.FlowReturn.FLUSHING):
                    return
            number += 1
            due += period
            if self.given is None:
                time.sleep(max(0, due - time.monotonic()))


def report_capture_times(media):
    sessions = media.get_element().get_parent().iterate_all_by_element_factory_name("rtpsession")
    sessions.foreach(lambda session: session.set_property("rtcp-sync-send-time", False))


def serve(options):
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer() if options["replay"] else GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options["port"]))
    factory = Factory(options)
    if options["protocols"] != "all":
        from gi.repository import GstRtsp

        kind = GstRtsp.RTSPLowerTrans.TCP if options["protocols"] == "tcp" else GstRtsp.RTSPLowerTrans.UDP
        factory.set_protocols(kind)
    if options["logins"]:
        protect(server, factory, options)
    server.get_mount_points().add_factory(options["path"], factory)
    if server.attach(None) == 0:
        sys.exit("the port cannot be had")
    print("port", server.get_bound_port(), flush=True)
    return factory.given


def protect(server, factory, options):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if options["digest"]:
        from gi.repository import GstRtsp

        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    for user, password in options["logins"]:
        if options["digest"]:
            auth.add_digest(user, password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)


def end_with_input(loop, given):
    if given is None:
        sys.stdin.read()
    else:
        given.read()
    loop.quit()


if __name__ == "__main__":
    pictures = serve({**OPTIONS, **json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")})
    main_loop = GLib.MainLoop()
    threading.Thread(target=end_with_input, args=(main_loop, pictures), daemon=True).start()
    main_loop.run()
