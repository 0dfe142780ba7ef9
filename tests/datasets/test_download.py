"""`download` against a real HTTP server on this machine."""

import hashlib
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skxtm.datasets import download
from skxtm.exceptions import DownloadError, SkxtmError

BODY = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()
WRONG = "0" * 64


class Handler(BaseHTTPRequestHandler):
    redirects = {"/moved": "/file", "/to-file": "file:///etc/hostname", "/to-ftp": "ftp://localhost/file"}

    def do_GET(self):
        if self.path in self.redirects:
            self.send_response(302)
            self.send_header("Location", self.redirects[self.path])
            self.end_headers()
        elif self.path in {"/file", "/dropped"}:
            missing = 1000 if self.path == "/dropped" else 0
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY) + missing))
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/no-length":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/silent":
            self.server.released.wait(10)
        else:
            self.send_error(404, "Not Found")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.released = threading.Event()
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.released.set()
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def failure(url, path, sha256=SHA256, **options):
    with pytest.raises(DownloadError) as caught:
        download(url, path, sha256, progress=False, **options)
    return str(caught.value)


def test_the_file_is_stored_byte_for_byte_in_a_new_folder_and_nothing_beside_it(server, tmp_path):
    path = tmp_path / "new" / "folder" / "file.bin"
    assert download(f"{server}/file", path, SHA256, progress=False) == path
    assert path.read_bytes() == BODY
    assert list(path.parent.iterdir()) == [path]


def test_a_checksum_in_upper_case_is_the_same_checksum(server, tmp_path):
    assert download(f"{server}/file", str(tmp_path / "file"), SHA256.upper(), progress=False).exists()


def test_a_new_file_is_as_readable_as_any_other(server, tmp_path):
    (tmp_path / "other").write_bytes(b"")
    path = download(f"{server}/file", tmp_path / "file", SHA256, progress=False)
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_redirect_on_the_web_is_followed(server, tmp_path):
    assert download(f"{server}/moved", tmp_path / "file", SHA256, progress=False).read_bytes() == BODY


def test_a_body_of_unannounced_length_is_accepted(server, tmp_path):
    assert download(f"{server}/no-length", tmp_path / "file", SHA256, progress=False).read_bytes() == BODY


def test_a_wrong_checksum_is_refused_and_leaves_nothing_behind(server, tmp_path):
    path = tmp_path / "file"
    assert failure(f"{server}/file", path, WRONG) == (
        f"{server}/file is not the expected file: its SHA-256 is {SHA256}, expected {WRONG}. Nothing was "
        "stored. Try again; if it stays so, the published file has changed: get it from another source and "
        f"put it at {path}."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("route", ["/file", "/dropped", "/missing", "/to-file"])
def test_a_failed_download_leaves_the_old_file_as_it_was(server, tmp_path, route):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    failure(f"{server}{route}", path, WRONG)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_page_is_named_with_the_servers_answer(server, tmp_path):
    path = tmp_path / "file"
    assert failure(f"{server}/missing", path) == (
        f"{server}/missing could not be downloaded: the server answered 404 Not Found. Try again later, or "
        f"get the file in another way and put it at {path}."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_connection_dropped_in_the_middle_says_how_far_it_came(server, tmp_path):
    message = failure(f"{server}/dropped", tmp_path / "file")
    assert "the connection closed after 256,000 of 257,000 bytes" in message
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_answers_is_given_up_after_the_timeout(server, tmp_path):
    assert "timed out" in failure(f"{server}/silent", tmp_path / "file", timeout=0.2)


def test_a_server_that_does_not_exist_is_named(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
    assert re.match(f"{re.escape(url)} could not be downloaded: .*refused", failure(url, tmp_path / "file"))


def test_a_redirect_to_a_local_file_is_refused(server, tmp_path):
    message = failure(f"{server}/to-file", tmp_path / "file")
    assert "Redirection to url 'file:///etc/hostname' is not allowed" in message
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_to_another_protocol_is_refused(server, tmp_path):
    assert failure(f"{server}/to-ftp", tmp_path / "file") == (
        f"{server}/to-ftp redirects to ftp://localhost/file: that is not an http or https address, and skxtm "
        "downloads from no other."
    )


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://localhost/file", "data:,text", "file.bin"])
def test_an_address_that_is_not_on_the_web_is_refused_before_anything_is_opened(tmp_path, url):
    assert failure(url, tmp_path / "new" / "file") == (
        f"{url} is not an http or https address, and skxtm downloads from no other."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_the_systems_own_error(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        download(f"{server}/file", tmp_path / "file" / "inside", SHA256, progress=False)


def test_the_error_can_be_caught_as_the_builtin_and_as_ours():
    assert issubclass(DownloadError, OSError)
    assert issubclass(DownloadError, SkxtmError)


def test_an_interrupted_download_leaves_nothing_behind(server, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("skxtm.datasets._download._check_complete", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(f"{server}/file", tmp_path / "file", SHA256, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_the_progress_bar_goes_to_stderr_and_counts_all_bytes(server, tmp_path, capfd):
    download(f"{server}/file", tmp_path / "corpus.bin", SHA256)
    output = capfd.readouterr()
    assert output.out == ""
    assert "corpus.bin: 100%" in output.err
    assert "256k/256k" in output.err


def test_without_progress_nothing_is_printed(server, tmp_path, capfd):
    download(f"{server}/file", tmp_path / "file", SHA256, progress=False)
    assert capfd.readouterr() == ("", "")
