# Product Importer in a container. Two targets: `app`, all roles, the pages on the loopback interface only; and
# `guarded` (the default), whose `guarded` puts nginx with a password before the pages. Both run with a read-only
# root where /tmp is a tmpfs, and TMPDIR of what imports is a volume, such as /scratch.

FROM python:3.13-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/product-importer
ENV PATH=/opt/product-importer/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src src
COPY templates templates
COPY plugins plugins
RUN pip install --constraint constraints.txt ".[all]" ./plugins/*

FROM python:3.13-slim-bookworm AS app
# Some platforms give a user of their own choice, always in the group 0.
RUN useradd --uid 10001 --create-home importer \
    && install --directory --owner=importer --group=0 --mode=0770 /data /scratch
COPY --from=build /opt/product-importer /opt/product-importer
ENV PATH=/opt/product-importer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PRODUCT_IMPORTER_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/healthz', timeout=4)"]
ENTRYPOINT ["product-importer"]
CMD ["serve"]

FROM app AS guarded
USER 0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light=1.22.* \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/guarded.py /usr/local/bin/guarded
ENV PORT=8080
EXPOSE 8080
USER 10001
ENTRYPOINT []
CMD ["guarded"]
