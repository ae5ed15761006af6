"""A real HTTPS server on this machine that answers for any name, and the way to it for httpx."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answered = tuple[int, bytes, dict[str, str]]


@dataclass
class Provider(httpx.AsyncBaseTransport):
    """What a provider publishes, by path; `asked` is what was asked of it, `METHOD url` each."""

    certificate: Path
    answers: dict[str, Answered | Callable[[], Answered]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send every name's requests here, over TLS for that name."""
        self.asked.append(f"{request.method} {request.url}")
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host="127.0.0.1", port=self.port)
        context = ssl.create_default_context(cafile=str(self.certificate))
        transport = httpx.AsyncHTTPTransport(verify=context)
        response = await transport.handle_async_request(request)
        await response.aread()
        await transport.aclose()
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)


@contextmanager
def provider(folder: Path, *names: str) -> Iterator[Provider]:
    """A server whose certificate is for `names`."""
    certificate = _certificate(folder, names)
    told = Provider(certificate)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.bodies.append(self.rfile.read(int(self.headers.get("content-length") or 0)))
            answer = told.answers.get(self.path, (404, b"", {}))
            status, body, headers = answer() if callable(answer) else answer
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """A client that hangs up in the middle is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path, names: tuple[str, ...]) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "provider.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    file.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
