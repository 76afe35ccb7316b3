# The service with its page: `docker build -t ligeia .`. See docs/serve.md.
FROM python:3.11-slim-bookworm

# ffmpeg reads what libsndfile does not: M4A, video, ...
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/ligeia
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
RUN pip install --no-cache-dir -c constraints.txt ".[server,postgres,s3]" \
    && rm -rf /opt/ligeia/src /opt/ligeia/build \
    && useradd --uid 10001 --no-create-home --home-dir /data ligeia \
    && install -d -o ligeia -g ligeia -m 0700 /data

USER ligeia
WORKDIR /data
VOLUME /data
ENV LIGEIA_SERVE_DATA=/data \
    LIGEIA_SERVE_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["ligeia", "serve"]
