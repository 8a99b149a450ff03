# Doorward's image: the virtual environment of the lock and nothing else on a slim Python. The final stage has no
# compiler, runs as a user with a number and no name, and writes nothing, so its root file system may be read-only.
#
# The base has a tag and no digest: each build takes the distribution's newest security fixes. Whoever needs the same
# bytes twice says which: --build-arg BASE=python:3.13-slim-bookworm@sha256:...
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The libraries first: they change less often than the code.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/doorward \
 && python -m pip --python /opt/doorward/bin/python install --require-hashes --only-binary :all: -r requirements.lock
RUN python -m venv --without-pip /opt/build \
 && python -m pip --python /opt/build/bin/python install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY certs certs
COPY policies policies
COPY webhook webhook
RUN python -m pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && python -m pip --python /opt/doorward/bin/python install --no-deps --no-index dist/doorward-*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="doorward" \
      org.opencontainers.image.description="Kubernetes admission control that checks compliance at the source of change" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/doorward /opt/doorward
# The folder that --policies means by default: a ConfigMap with other rules is mounted over it.
COPY policies /etc/doorward/policies
ENV PATH=/opt/doorward/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /etc/doorward
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["doorward"]
CMD ["--help"]
