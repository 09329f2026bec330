//! The forgeries of RFC 8725 and beyond. Each is wrong in one place and right in all others.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::mint::{Mint, changed, compact};

pub(crate) type Forgery = (String, String);

fn named(name: impl Into<String>, token: String) -> Forgery {
    (name.into(), token)
}

/// Forgeries of either kind of token. `good` is one that is taken; `now` is the time at the service.
pub(crate) fn of_any(mint: &Mint, good: &str, now: i64) -> Vec<Forgery> {
    [algorithms(mint, good), keys(mint), headers(mint), times(mint, now), claims(mint), spellings(mint, good)].concat()
}

/// `alg`: none in any spelling (RFC 8725, 2.1), another one, none at all.
fn algorithms(mint: &Mint, good: &str) -> Vec<Forgery> {
    let (claims, signature) = (mint.claims.to_string(), good.rsplit('.').next().unwrap());
    let mut forged = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", "", " none", "none\u{0}"] {
        let header = URL_SAFE_NO_PAD.encode(changed(&mint.header, "alg", Some(json!(alg))));
        let body = format!("{header}.{}", URL_SAFE_NO_PAD.encode(&claims));
        forged.push(named(format!("alg {alg:?} without a signature"), format!("{body}.")));
        forged.push(named(format!("alg {alg:?} with the old signature"), format!("{body}.{signature}")));
        forged.push(named(format!("alg {alg:?} of two parts"), body));
    }
    let others =
        ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "rs256", "hs256"];
    for other in others.into_iter().filter(|other| mint.header["alg"] != *other) {
        forged.push(named(format!("alg {other} over our signature"), mint.with_header("alg", Some(json!(other)))));
    }
    for odd in [Value::Null, json!(256), json!(["RS256"]), json!({})] {
        forged.push(named(format!("alg {odd}"), mint.with_header("alg", Some(odd))));
    }
    forged.push(named("no alg", mint.with_header("alg", None)));
    forged
}

/// `kid`, and keys that the token brings (RFC 8725, 2.6, 3.10).
fn keys(mint: &Mint) -> Vec<Forgery> {
    let mut forged = Vec::new();
    let own = mint.header["kid"].as_str().unwrap_or_default();
    let kids = [
        "unknown",
        "",
        "/dev/null",
        "../../../../../../dev/null",
        "FIRST",
        "KEY#",
        "' OR '1'='1",
        "x\u{0}",
        "\u{202e}",
    ];
    for kid in
        kids.map(str::to_owned).into_iter().chain([own.to_uppercase() + "X", format!("{own} "), "k".repeat(9000)])
    {
        forged.push(named(format!("kid {kid:.20?}"), mint.with_header("kid", Some(json!(kid)))));
    }
    for odd in [Value::Null, json!(1), json!([own]), json!({"kid": own})] {
        forged.push(named(format!("kid {odd:.20}"), mint.with_header("kid", Some(odd))));
    }
    forged.push(named("no kid", mint.with_header("kid", None)));
    let attacker = EncodingKey::from_secret(b"an attacker's own key, long enough");
    let jwk = json!({"kty": "oct", "kid": own, "alg": "HS256", "k": URL_SAFE_NO_PAD.encode("an attacker's own key, long enough")});
    for (name, brought) in [("jwk", jwk), ("x5c", json!(["MIIB"]))] {
        for alg in ["HS256", mint.header["alg"].as_str().unwrap()] {
            let header: Value = serde_json::from_str(&changed(&mint.header, name, Some(brought.clone()))).unwrap();
            let header = changed(&header, "alg", Some(json!(alg)));
            let token = compact((header.as_bytes(), mint.claims.to_string().as_bytes()), &attacker, Algorithm::HS256);
            forged.push(named(format!("an attacker's {name} as {alg}"), token));
        }
    }
    forged
}

/// Extensions that we do not understand (RFC 7515, 4.1.11; RFC 7797), members that come twice, no object at all.
fn headers(mint: &Mint) -> Vec<Forgery> {
    let (header, claims) = (mint.header.to_string(), mint.claims.to_string());
    let mut forged = Vec::new();
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("b64"), Value::Null, json!(["alg", "kid"])] {
        forged.push(named(format!("crit {crit}"), mint.with_header("crit", Some(crit))));
    }
    for b64 in [json!(false), json!(true), Value::Null] {
        forged.push(named(format!("b64 {b64}"), mint.with_header("b64", Some(b64))));
    }
    let twice = header.replacen('{', r#"{"alg":"none","#, 1);
    forged.push(named("alg twice", mint.sign(&twice, &claims)));
    forged.push(named("kid twice", mint.sign(&header.replacen('{', r#"{"kid":"x","#, 1), &claims)));
    forged.push(named("a claim twice", mint.with_claims(&claims.replacen('{', r#"{"username":"root","#, 1))));
    forged.push(named("exp twice", mint.with_claims(&claims.replacen('{', r#"{"exp":9999999999,"#, 1))));
    forged.push(named(
        "a claim twice in another spelling",
        mint.with_claims(&claims.replacen('{', r#"{"\u0069d":"x","#, 1)),
    ));
    for other in ["", "null", "[]", "\"x\"", "{", "{}", "\u{feff}{}"] {
        forged.push(named(format!("a header of {other:?}"), mint.sign(other, &claims)));
        forged.push(named(format!("claims of {other:?}"), mint.with_claims(other)));
    }
    forged.push(named("a header in no UTF-8", mint.sign_bytes(b"{\"alg\":\"\xff\"}", claims.as_bytes())));
    forged.push(named("claims in no UTF-8", mint.sign_bytes(header.as_bytes(), b"{\"id\":\"\xff\"}")));
    forged.push(named("more behind the claims", mint.with_claims(&format!("{claims}{{}}"))));
    forged.push(named(
        "claims that nest deep",
        mint.with_claims(&format!("{{\"a\":{}{}}}", "[".repeat(2000), "]".repeat(2000))),
    ));
    forged
}

/// `exp`, `nbf` and `iat`: missing, of a wrong type, or not now.
fn times(mint: &Mint, now: i64) -> Vec<Forgery> {
    let mut forged = Vec::new();
    for name in ["exp", "nbf", "iat"] {
        let stamp = json!((now + 60).to_string());
        for odd in [Value::Null, stamp, json!(true), json!([now + 60]), json!({}), json!(""), json!("never")] {
            forged.push(named(format!("{name} {odd:.20}"), mint.with_claim(name, Some(odd))));
        }
    }
    for missing in ["exp", "iat", "jti", "token_type"] {
        forged.push(named(format!("no {missing}"), mint.with_claim(missing, None)));
    }
    for (name, value) in [("exp", now), ("exp", 0), ("exp", -1), ("nbf", now + 1), ("iat", now + 6), ("iat", i64::MAX)]
    {
        forged.push(named(format!("{name} {value}"), mint.with_claim(name, Some(json!(value)))));
    }
    forged.push(named(
        "exp beyond all numbers",
        mint.with_claims(&mint.claims.to_string().replacen("\"exp\":", "\"exp\":1e400,\"x\":", 1)),
    ));
    forged
}

/// Who made it for whom, and of which kind it is.
fn claims(mint: &Mint) -> Vec<Forgery> {
    let mut forged = Vec::new();
    for (name, odd) in [
        ("iss", json!("http://localhost:8000/")),
        ("iss", json!("http://localhost:8000.evil.example")),
        ("iss", json!(["http://localhost:8000"])),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!("faregat")),
        ("aud", json!(["other", "another"])),
        ("aud", json!([])),
        ("aud", json!({"faregate": true})),
        ("aud", Value::Null),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("sid", json!("none")),
        ("sid", json!(7)),
        ("sid", Value::Null),
        ("sid", json!("../PROFILE")),
        ("id", Value::Null),
        ("id", json!({})),
        ("id", json!("USER#")),
        ("token_type", json!("Access")),
        ("token_type", json!(["access", "refresh"])),
        ("token_type", Value::Null),
    ] {
        forged.push(named(format!("{name} {odd:.40}"), mint.with_claim(name, Some(odd))));
    }
    for missing in ["iss", "aud", "id", "sid"] {
        forged.push(named(format!("no {missing}"), mint.with_claim(missing, None)));
    }
    forged
}

/// The good token in another spelling: padding, another alphabet, loose bits, lengths, parts, size.
fn spellings(mint: &Mint, good: &str) -> Vec<Forgery> {
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with_signature = |bytes: &[u8]| format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let padded = |part: &str| {
        URL_SAFE.encode(URL_SAFE_NO_PAD.decode(part).unwrap()) + if part.len().is_multiple_of(4) { "=" } else { "" }
    };
    let mut forged = vec![
        named("a padded header", format!("{}.{claims}.{signature}", padded(header))),
        named("padded claims", format!("{header}.{}.{signature}", padded(claims))),
        named("a padded signature", format!("{header}.{claims}.{}", padded(signature))),
        named("a line feed", format!("{header}.{claims}.{signature}\n")),
        named("no signature", format!("{header}.{claims}.")),
        named("two parts", format!("{header}.{claims}")),
        named("four parts", format!("{good}.{signature}")),
        named("five parts", format!("{header}.{header}.{claims}.{claims}.{signature}")),
        named("a short signature", with_signature(&bytes[1..])),
        named("a signature cut at its end", with_signature(&bytes[..bytes.len() - 1])),
        named("a long signature", with_signature(&[&bytes[..], &[0]].concat())),
        named("a signature twice", with_signature(&[&bytes[..], &bytes[..]].concat())),
        named("a signature of zeros", with_signature(&vec![0; bytes.len()])),
        named("an empty token", String::new()),
        named("dots", "..".to_owned()),
        named(
            "JSON serialization",
            json!({"protected": header, "payload": claims, "signature": signature}).to_string(),
        ),
        named("100 kB", mint.with_claim("first_name", Some(json!("x".repeat(100_000))))),
        named("100 kB of garbage", "x".repeat(100_000)),
        named("100 kB of dots", ".".repeat(100_000)),
    ];
    for index in [0, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[index] ^= 1;
        forged.push(named(format!("byte {index} of the signature flipped"), with_signature(&flipped)));
    }
    let elevated = URL_SAFE_NO_PAD.encode(changed(&mint.claims, "username", Some(json!("root"))));
    forged.push(named("other claims under the old signature", format!("{header}.{elevated}.{signature}")));
    let renamed = URL_SAFE_NO_PAD.encode(changed(&mint.header, "typ", Some(json!("at+jwt"))));
    forged.push(named("another header over the old signature", format!("{renamed}.{claims}.{signature}")));
    forged.extend(loose_bits(header, claims, signature));
    let standard = STANDARD_NO_PAD.encode(&bytes);
    if standard != signature {
        forged.push(named("the other alphabet", format!("{header}.{claims}.{standard}")));
    }
    forged
}

/// The same bytes, spelled with bits that belong to none of them (RFC 4648, 3.5).
fn loose_bits(header: &str, claims: &str, signature: &str) -> Vec<Forgery> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let loosened = |part: &str| {
        let last = *part.as_bytes().last()?;
        let index = ALPHABET.iter().position(|known| *known == last)?;
        (!part.len().is_multiple_of(4))
            .then(|| format!("{}{}", &part[..part.len() - 1], char::from(ALPHABET[index ^ 1])))
    };
    [
        loosened(header).map(|header| format!("{header}.{claims}.{signature}")),
        loosened(claims).map(|claims| format!("{header}.{claims}.{signature}")),
        loosened(signature).map(|signature| format!("{header}.{claims}.{signature}")),
    ]
    .into_iter()
    .flatten()
    .map(|token| named("loose bits", token))
    .collect()
}
