"""Verifies an access token as other programs do: by the issuer's discovery document and its JWKS alone."""

import json
import sys
import urllib.request

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet


def discover(issuer: str) -> dict[str, str]:
    return fetch(issuer + "/.well-known/openid-configuration")


def fetch(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def with_pyjwt(token: str, issuer: str, audience: str = "faregate") -> str:
    """The subject, by PyJWT; raises jwt.PyJWTError."""
    key = jwt.PyJWKClient(discover(issuer)["jwks_uri"]).get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=issuer,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    return claims["sub"]


def with_joserfc(token: str, issuer: str, audience: str = "faregate") -> str:
    """The subject, by joserfc; raises joserfc.errors.JoseError or ValueError."""
    keys = KeySet.import_key_set(fetch(discover(issuer)["jwks_uri"]))
    verified = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": audience},
        sub={"essential": True}, exp={"essential": True},
    )
    registry.validate(verified.claims)
    return verified.claims["sub"]


if __name__ == "__main__":
    issuer_url, access_token = sys.argv[1:]
    print(with_pyjwt(access_token, issuer_url), with_joserfc(access_token, issuer_url))
