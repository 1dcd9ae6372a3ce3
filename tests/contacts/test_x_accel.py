"""Does nginx send stored recordings by itself, with what browsers are to be told? Tried with a real one.

The location is the README's; no byte of the file passes through Python.
"""

import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from django.urls import reverse

from aicc.tenants.models import Role
from contacts.models import MediaFile
from tests import builders, media

README = (Path(__file__).parents[2] / "README.md").read_text()
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; default_type text/plain;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen unix:{folder}/socket;
        location / {{ proxy_pass http://127.0.0.1:{site}; proxy_set_header Host localhost; }}
        {location}
    }}
}}
"""


@pytest.fixture
def site(transactional_db):
    server = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert not server.error
    yield server
    server.terminate()


@pytest.fixture
def proxy(site):
    """The folder with the socket of nginx in front of the site."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    [location] = re.findall(r"location /recordings/ \{.*?\n  \}", README, re.DOTALL)
    location = location.replace("/var/lib/aicc/media/", f"{default_storage.location}/")
    # A socket's path is short.
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(CONFIGURATION.format(folder=folder, site=site.port, location=location))
        log = Path(folder, "error.log")
        process = subprocess.Popen([NGINX, "-c", configuration, "-e", log])
        try:
            deadline = time.monotonic() + 10
            while not Path(folder, "socket").exists():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield Path(folder, "socket")
        finally:
            process.terminate()
            process.wait(10)


def asked(path, cookie, *, through=None, port=None, **headers):
    """A GET through nginx's socket, or of the site itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    if through:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(through))
    connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}", "Host": "localhost", **headers})
    response = connection.getresponse()
    found = response.status, response.headers, response.read()
    connection.close()
    return found


def test_nginx_sends_the_file_and_the_headers_stay(proxy, site, settings, acme, agent, signed_in, tmp_path):
    settings.X_ACCEL = "/recordings/"
    video = media.mp4()
    (tmp_path / "video.mp4").write_bytes(video)
    fields = {"account": "agent", "media_type": "video", "recordings": [{"name": "video.mp4"}]}
    [record] = builders.load(acme, builders.contact(**fields), media=tmp_path)
    path = reverse("contacts:media", args=[record.id, 0])
    client = signed_in(agent)
    cookie = client.cookies["sessionid"].value

    alone_status, alone, nothing = asked(path, cookie, port=site.port)
    status, headers, whole = asked(path, cookie, through=proxy)
    part_status, part, middle = asked(path, cookie, through=proxy, Range="bytes=100-199")
    outside, _headers, _body = asked(path, cookie, through=proxy, Range="bytes=999999-")

    assert (alone_status, nothing) == (200, b"")
    assert (status, whole) == (200, video)
    assert (part_status, middle, part["Content-Range"]) == (206, video[100:200], f"bytes 100-199/{len(video)}")
    assert outside == 416
    told = ("Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
            "Cross-Origin-Opener-Policy")  # fmt: skip
    for answer in (headers, part):
        assert [answer[name] for name in told] == [alone[name] for name in told]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "X-Accel-Redirect" not in answer
    assert headers["Content-Type"] == "video/mp4"

    # Nobody comes to the files any other way, and what is gone or not permitted stays so.
    row = MediaFile.objects.for_tenant(acme).get()
    assert asked(f"/recordings/{row.storage_key}", cookie, through=proxy)[0] == 404
    agent.roles.clear()
    assert asked(path, cookie, through=proxy)[0] == 403
    agent.roles.add(Role.objects.for_tenant(acme).get(name="Agent"))
    default_storage.delete(row.storage_key)
    assert asked(path, cookie, through=proxy)[0] == 404
