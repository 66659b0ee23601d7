# The server in a container: no root, no writing outside /data, no secret in a layer. See docs/deploy.md.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY constraints.txt ./
# The build backend at the version that CI tests, so that the wheel is built without fetching another one.
RUN pip install --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY tools tools
COPY server server
COPY sandbox sandbox
RUN hatchling build --target wheel --directory /wheels
# Without pip: what runs needs nothing that installs.
RUN python -m venv --without-pip /opt/clevertap-mcp \
    && set -- /wheels/*.whl \
    && pip --python /opt/clevertap-mcp install --compile --constraint constraints.txt "$1[redis,telemetry]"

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="clevertap-mcp" \
      org.opencontainers.image.description="Work a CleverTap account from an AI agent" \
      org.opencontainers.image.licenses="Apache-2.0"
# /data is the only place that the server writes to: the audit log, and a SQLite store if there is one. /access is for
# the tokens, which the server only reads.
RUN groupadd --gid 10001 clevertap \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin clevertap \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data /access
COPY --from=build /opt/clevertap-mcp /opt/clevertap-mcp
ENV PATH=/opt/clevertap-mcp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    CLEVERTAP_AUDIT_LOG=/data/audit.jsonl
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --retries=3 CMD ["clevertap-mcp", "health"]
ENTRYPOINT ["clevertap-mcp"]
CMD ["serve", "--transport", "http", "--host", "0.0.0.0"]
