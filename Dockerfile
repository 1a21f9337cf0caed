# Two small images from one build: `--target backend` and `--target frontend`.

FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/packages/build.txt scripts/packages/build.txt
RUN apt-get update -qq \
 && grep -v '^#' scripts/packages/build.txt | xargs apt-get install -y -qq --no-install-recommends
COPY package.json package-lock.json .npmrc ./
# The certificate file of a network that inspects TLS; empty elsewhere.
ARG NODE_EXTRA_CA_CERTS=""
RUN npm ci --silent --omit=dev
COPY Makefile ./
COPY scripts/brotli.js scripts/brotli.js
COPY shared shared
COPY backend backend
COPY frontend frontend
COPY notebooks-port notebooks-port
RUN make -j"$(nproc)" build \
 && strip build/backend build/import build/audit build/keys build/frontend build/accounts build/00_portfolio

FROM docker.io/library/debian:bookworm-slim AS runtime
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libulfius2.7 libsodium23 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 901 --home-dir /app --shell /usr/sbin/nologin clairscore \
 && install -d -o clairscore -g clairscore /app /app/data
WORKDIR /app
COPY scripts/healthy.sh scripts/healthy.sh
ENV BIND=0.0.0.0
STOPSIGNAL SIGTERM

FROM runtime AS backend
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libxgboost0 libsqlite3-0 libpq5 librhonabwy1.1 ca-certificates libgsl27 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/backend /src/build/import /src/build/audit /src/build/keys /src/build/00_portfolio bin/
COPY models/demo models/demo
COPY models/portfolio.json models/portfolio.json
COPY scripts/demo_backend.sh scripts/demo_backend.sh
USER clairscore
ENV PORT=8080 MODEL_DIR=/app/models/demo DATABASE_URL=sqlite:/app/data/clairscore.db
EXPOSE 8080
VOLUME /app/data
HEALTHCHECK --interval=2s --timeout=3s --start-period=120s --retries=5 \
    CMD scripts/healthy.sh "$PORT" /v2/health/ready
CMD ["bin/backend"]

FROM runtime AS frontend
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libiddawc1.1 librhonabwy1.1 libunistring2 ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/frontend /src/build/accounts bin/
COPY --from=build /src/build/frontend-assets assets
USER clairscore
ENV PORT=8501 ASSET_DIR=/app/assets
EXPOSE 8501
HEALTHCHECK --interval=2s --timeout=3s --start-period=20s --retries=5 \
    CMD scripts/healthy.sh "$PORT" /health
CMD ["bin/frontend"]
