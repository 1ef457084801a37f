// A provider of OpenID Connect on a free port of 127.0.0.1. It prints its address on one line, and ends when its standard input does.
//
// Whoever signs in says who they are, and is believed. Everybody is somebody: of `ann` the name is `ann` and the address `ann@example.org`, which is
// confirmed unless the name begins with `new`. `POST /tamper` says what is to be wrong about the ID tokens from then on.
import http from "node:http";
import { exportJWK, generateKeyPair, importJWK, SignJWT, decodeJwt } from "jose";
import Provider from "oidc-provider";

const CLIENTS = [
  { client_id: "berth", client_secret: "a secret, with signs: +/%&" },
  { client_id: "other", client_secret: "another" },
];

const server = http.createServer();
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const keyOf = async (kid) => {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
};
const [key, strange] = await Promise.all([keyOf("own"), keyOf("own")]);

/** @type {{ claims?: object, strange?: boolean, without?: boolean }} */
let tampering = {};

const tampered = async (token) => {
  if (tampering.without) return undefined;
  const signer = await importJWK(tampering.strange ? strange : key, "RS256");
  const claims = { ...decodeJwt(token), ...tampering.claims };
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "own" }).sign(signer);
};

const provider = new Provider(issuer, {
  clients: CLIENTS.map((client) => ({
    ...client,
    redirect_uris: ["http://127.0.0.1/api/v1/oidc/back"],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  })),
  jwks: { keys: [key] },
  cookies: { keys: ["for tests alone"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: id,
      preferred_username: id,
      email: `${id}@example.org`,
      email_verified: !id.startsWith("new"),
    }),
  }),
  // Everything that is asked for is granted: what people are asked at a provider is no concern of these tests.
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});
// The port of the server that is tested is not known beforehand.
provider.Client.prototype.redirectUriAllowed = (uri) => {
  const { hostname, pathname } = new URL(uri);
  return ["127.0.0.1", "localhost"].includes(hostname) && pathname === "/api/v1/oidc/back";
};
provider.use(async (ctx, next) => {
  // Browsers ask for one by themselves, and complain.
  if (ctx.path === "/favicon.ico") {
    ctx.status = 204;
    return;
  }
  await next();
  if (ctx.path === "/token" && ctx.body?.id_token && Object.keys(tampering).length) {
    ctx.body.id_token = await tampered(ctx.body.id_token);
  }
});

const body = async (request) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const page = (uid) => `<!doctype html><html lang="en"><title>Example</title><h1>Example</h1>
<form method="post" action="/interaction/${uid}"><label>Who are you? <input name="login" autofocus></label>
<button>Continue</button> <button name="no" value="1">Cancel</button></form></html>`;

const handle = provider.callback();
server.on("request", async (request, response) => {
  const path = new URL(request.url, issuer).pathname;
  try {
    if (path === "/tamper" && request.method === "POST") {
      tampering = JSON.parse(await body(request));
      response.writeHead(204).end();
    } else if (path.startsWith("/interaction/") && request.method === "POST") {
      const said = new URLSearchParams(await body(request));
      const result = said.get("no")
        ? { error: "access_denied", error_description: "they said no" }
        : { login: { accountId: said.get("login") } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } else if (path.startsWith("/interaction/")) {
      response.writeHead(200, { "content-type": "text/html" }).end(page(path.split("/")[2]));
    } else {
      await handle(request, response);
    }
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});

process.stdin.on("end", () => process.exit()).on("close", () => process.exit()).resume();
console.log(issuer);
