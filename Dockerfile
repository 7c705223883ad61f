# A mirror that runs every hour, by /conf/bandersnatch.conf; see docs/deployment.md.
#
#   docker build --tag bandersnatch .
#   docker run --volume ./conf:/conf --volume /srv/pypi:/srv/pypi bandersnatch
#
# Nothing in the image depends on the processor: buildx builds it for any with --platform.
ARG NODE_IMAGE=node:24.11.1-alpine3.22

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Nothing of ours is there to be built yet.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# Without --build-arg WITH_S3=1 the S3 client (22 MB) stays out.
ARG WITH_S3=
RUN npm run build \
  && npm prune --ignore-scripts --omit=dev \
  && if [ -n "$WITH_S3" ]; then \
       npm install --no-save --ignore-scripts --omit=dev --no-audit --no-fund \
         "@aws-sdk/client-s3@$(node -p 'require("./package.json").devDependencies["@aws-sdk/client-s3"]')"; \
     fi \
  && rm -rf src tsconfig*.json package-lock.json .npmrc

FROM ${NODE_IMAGE}
# With --build-arg REVISION=$(git rev-parse HEAD) the image says what it was built from.
ARG REVISION=
LABEL org.opencontainers.image.title="bandersnatch" \
      org.opencontainers.image.description="Mirrors the Python Package Index" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /build /app
RUN ln -s /app/bin/bandersnatch.js /usr/local/bin/bandersnatch \
  && ln -s /app/bin/bandersnatch-runner.js /usr/local/bin/bandersnatch-runner \
  && mkdir -p /conf /srv/pypi \
  && chown node:node /conf /srv/pypi
ENV NODE_ENV=production BANDERSNATCH_HEALTH_FILE=/tmp/bandersnatch-health
# uid and gid 1000; with --user another, who may write to the mirror directory
USER node
WORKDIR /srv/pypi
# The runner touches the file every minute. Unhealthy: the last run failed, the runner hangs, or it was never started.
HEALTHCHECK --interval=1m --timeout=5s --start-period=1m \
  CMD ["sh", "-c", "test -n \"$(find /tmp/bandersnatch-health -mmin -5)\" && ! grep -q ^failed /tmp/bandersnatch-health"]
CMD ["bandersnatch-runner", "3600"]
