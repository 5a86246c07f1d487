// A platform of CI on loopback, over TLS: its configuration, its keys, and identity tokens for whoever has the
// bearer. Usage: identity.js KEY.pem CERTIFICATE.pem FOLDER; writes FOLDER/port, and FOLDER/asked for each request.
// FOLDER/claims.json are the claims of the next token, over the good ones; FOLDER/jwks.json is the key set.
const { createServer } = require("https");
const { createSign, generateKeyPairSync } = require("crypto");
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("fs");

const [key, certificate, folder] = process.argv.slice(2);
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "ES256" };
writeFileSync(`${folder}/jwks.json`, JSON.stringify({ keys: [jwk] }));

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (issuer, audience) => {
  const now = Math.floor(Date.now() / 1000);
  const extra = existsSync(`${folder}/claims.json`) ? JSON.parse(readFileSync(`${folder}/claims.json`)) : {};
  const claims = { iss: issuer, aud: audience, exp: now + 300, nbf: now - 5, iat: now, ...extra };
  const text = `${part({ alg: "ES256", kid: "one", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createSign("sha256").update(text).sign({ key: pair.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
};

const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  const url = new URL(request.url, issuer);
  appendFileSync(`${folder}/asked`, `${request.url}\n`);
  const answer = (value) => response.end(JSON.stringify(value));
  if (url.pathname === "/.well-known/openid-configuration") return answer({ issuer, jwks_uri: `${issuer}/jwks` });
  if (url.pathname === "/jwks") return response.end(readFileSync(`${folder}/jwks.json`));
  if (url.pathname === "/token" && request.headers.authorization === "Bearer let-me-in")
    return answer({ value: token(issuer, url.searchParams.get("audience")) });
  response.statusCode = 403;
  response.end("{}");
});
server.listen(0, "127.0.0.1", () => writeFileSync(`${folder}/port`, String(server.address().port)));
