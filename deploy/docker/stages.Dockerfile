# syntax=docker/dockerfile:1
# Detector, selector and, without a GPU, the unlearner; target `cli` adds the command line.
#   docker build -f deploy/docker/stages.Dockerfile --target stages -t ubt/stages:0.1.0 .
#   docker build -f deploy/docker/stages.Dockerfile --target cli -t ubt/cli:0.1.0 .
# Pass NODE_IMAGE=node:…@sha256:… to pin the digest that your registry has.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY libs libs
COPY services services
COPY tools tools
RUN npm ci
RUN npx tsc -b services/detector/tsconfig.build.json services/selector/tsconfig.build.json \
      services/unlearner/tsconfig.build.json tools/ubt/tsconfig.build.json

# What runs: runtime dependencies of the three services, compiled code, no sources, no tests.
FROM build AS stages-files
RUN npm ci --omit=dev --workspace services/detector --workspace services/selector --workspace services/unlearner
RUN rm -rf tools libs/test-kit node_modules/@ubt/test-kit \
  && find libs services -mindepth 2 -maxdepth 2 \( -name src -o -name test -o -name fixtures \) -exec rm -rf {} +

FROM build AS cli-files
RUN npm ci --omit=dev --workspace services/detector --workspace services/selector --workspace services/unlearner \
      --workspace tools/ubt
RUN rm -rf libs/test-kit node_modules/@ubt/test-kit tools/bootstrap tools/golden tools/tensorflow tools/deploy \
  && find libs services tools -mindepth 2 -maxdepth 2 \( -name src -o -name test -o -name fixtures \) -exec rm -rf {} +

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production UBT_HOST=0.0.0.0 UBT_PORT=50051 UBT_DATA_DIR=/data
WORKDIR /app
COPY deploy/docker/healthcheck.mjs deploy/docker/healthcheck.mjs
COPY package.json LICENSE ./
# The folder that a volume is mounted on; everything else stays read-only.
RUN mkdir -p /data && chown 1000:1000 /data
EXPOSE 50051 50052 50053
USER 1000:1000
ENTRYPOINT ["node"]

FROM runtime AS cli
COPY --from=cli-files /app/node_modules node_modules
COPY --from=cli-files /app/libs libs
COPY --from=cli-files /app/services services
COPY --from=cli-files /app/tools tools
HEALTHCHECK NONE
CMD ["tools/ubt/bin/ubt.mjs", "--help"]

FROM runtime AS stages
COPY --from=stages-files /app/node_modules node_modules
COPY --from=stages-files /app/libs libs
COPY --from=stages-files /app/services services
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "deploy/docker/healthcheck.mjs"]
CMD ["services/detector/dist/main.js"]
