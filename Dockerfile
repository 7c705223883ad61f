# A mirror that runs every hour, by /conf/bandersnatch.conf; see docs/deployment.md.
#
#   docker build --tag bandersnatch .
#   docker run --volume ./conf:/conf --volume /srv/pypi:/srv/pypi bandersnatch
#
# Nothing in the image depends on the processor: buildx builds it for any with --platform.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-alpine AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Nothing of ours is there to be built yet.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# Without --build-arg WITH_S3=1 the S3 client (22 MB) stays out.
ARG WITH_S3=
RUN npm run build \
  && npm prune --ignore-scripts --omit=dev $(test -n "$WITH_S3" || echo --omit=optional) \
  && rm -rf src tsconfig*.json package-lock.json .npmrc

FROM node:${NODE_VERSION}-alpine
COPY --from=build /build /app
RUN ln -s /app/bin/bandersnatch.js /usr/local/bin/bandersnatch \
  && ln -s /app/bin/bandersnatch-runner.js /usr/local/bin/bandersnatch-runner \
  && mkdir -p /conf /srv/pypi \
  && chown node:node /conf /srv/pypi
ENV NODE_ENV=production BANDERSNATCH_HEALTH_FILE=/tmp/bandersnatch-health
# uid and gid 1000; with --user another, who may write to the mirror directory
USER node
WORKDIR /srv/pypi
# Unhealthy: the last run failed.
HEALTHCHECK --interval=1m --timeout=5s CMD ["sh", "-c", "! grep -qs ^failed /tmp/bandersnatch-health"]
CMD ["bandersnatch-runner", "3600"]
