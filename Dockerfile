FROM python:3.13-slim AS build
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir .

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
