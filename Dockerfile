# The scanner is compiled here, so that the final image holds production packages alone.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
RUN npm run prepare && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 NODE_COMPILE_CACHE=/app/.cache
# the only folder that is written to, where evaluations are kept
RUN install -d -o node -g node data
COPY --from=build /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY --from=build /app/src ./src
COPY openapi/openapi.json ./openapi/
RUN install -d -o node -g node .cache
USER node
# it starts once here, so that its code is not compiled at each start
RUN DATABASE_URL=memory: sh -c 'node src/server.ts & until node src/health-check.ts; do sleep 1; done; kill $! && wait $!'
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "src/health-check.ts"]
CMD ["node", "src/server.ts"]
