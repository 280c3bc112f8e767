# syntax=docker/dockerfile:1
# The unlearner on NVIDIA GPUs: TensorFlow 2.21 with CUDA 12 out of the Python wheel, bound by tfjs-node-gpu.
# The host needs NVIDIA's driver and container toolkit, nothing of CUDA.
#   docker build -f deploy/docker/unlearner.Dockerfile -t ubt/unlearner-gpu:0.1.0 .
# Pass NODE_IMAGE=node:…@sha256:… to pin the digest that your registry has.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates g++ make python3 python3-pip \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY libs libs
COPY services services
COPY tools tools
RUN npm ci
RUN npx tsc -b services/unlearner/tsconfig.build.json
RUN npm ci --omit=dev --workspace services/unlearner
# libtensorflow, NVIDIA's libraries and the compiled binding.
ARG TENSORFLOW_DEVICE=cuda
RUN npm_config_omit=dev node tools/tensorflow/main.mjs --device ${TENSORFLOW_DEVICE}
RUN rm -rf tools libs/test-kit node_modules/@ubt/test-kit services/detector services/selector \
  && find libs services -mindepth 2 -maxdepth 2 \( -name src -o -name test -o -name fixtures \) -exec rm -rf {} +

FROM ${NODE_IMAGE} AS unlearner
ENV NODE_ENV=production UBT_HOST=0.0.0.0 UBT_PORT=50053 UBT_DATA_DIR=/data \
  UBT_BACKEND=tensorflow UBT_DEVICE=cuda \
  LD_LIBRARY_PATH=/app/.cache/tensorflow/cuda/nvidia \
  NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /app
COPY deploy/docker/healthcheck.mjs deploy/docker/healthcheck.mjs
COPY package.json LICENSE ./
RUN mkdir -p /data && chown 1000:1000 /data
COPY --from=build /app/.cache .cache
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/libs libs
COPY --from=build /app/services services
EXPOSE 50053
USER 1000:1000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "deploy/docker/healthcheck.mjs"]
ENTRYPOINT ["node"]
CMD ["services/unlearner/dist/main.js"]
