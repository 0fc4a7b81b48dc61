FROM python:3.13 AS build
# pip installs uv alone, and uv installs the lock. Neither is in the image that runs.
RUN python -m venv /uv && python -m venv --without-pip /venv
WORKDIR /app
COPY locks locks
RUN /uv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement locks/uv.txt
ENV VIRTUAL_ENV=/venv UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_SYSTEM_CERTS=1
RUN /uv/bin/uv pip sync --require-hashes --no-build locks/run.txt
COPY . .
RUN /uv/bin/uv pip install --no-deps --build-constraints locks/dev.txt --requirements requirements.txt \
    && /uv/bin/uv pip check

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home bot
COPY --from=build /venv /venv
WORKDIR /app
COPY flows flows
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 BOT_HOME=/home/bot/.bot BOT_LOG=json
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/healthz', timeout=4)"]
CMD ["bot", "serve"]
