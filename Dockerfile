# The gateway in a container: one process, not root, nothing written outside the volume.
#
#   docker build -t webhook-gateway .
#   docker run --read-only -p 8080:8080 -v gateway-data:/srv/gateway/data \
#       -v ./config.yaml:/srv/gateway/config.yaml:ro -e STRIPE_WEBHOOK_SECRET -e GATEWAY_ADMIN_TOKEN webhook-gateway
#
# In config.yaml: `server: {host: 0.0.0.0, port: 8080, admin_token: ...}`, and leave the store's url alone:
# data/gateway.db is relative to config.yaml, so it lies on the volume. Secrets come from the environment
# or from mounted files at run time, never from this image.

FROM python:3.13-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY constraints.txt ./
RUN python -m venv /opt/gateway \
    && /opt/gateway/bin/python -m pip install -c constraints.txt pip
COPY pyproject.toml README.md ./
COPY adapters ./adapters
COPY gateway ./gateway
RUN /opt/gateway/bin/python -m pip install -c constraints.txt --build-constraint constraints.txt '.[postgres]'

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="webhook-gateway" \
      org.opencontainers.image.description="A self-hosted gateway for third-party webhooks: verified, deduplicated, durable, delivered"
# SQLite's own temporary files go to the volume: the root file system may be read-only.
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SQLITE_TMPDIR=/srv/gateway/data
RUN groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /srv/gateway --shell /usr/sbin/nologin gateway \
    && install -d -o gateway -g gateway -m 0750 /srv/gateway /srv/gateway/data
COPY --from=build /opt/gateway /opt/gateway
WORKDIR /srv/gateway
USER 10001:10001
VOLUME ["/srv/gateway/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=3); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["gateway"]
CMD ["serve", "--config", "/srv/gateway/config.yaml"]
