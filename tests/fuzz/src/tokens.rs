//! Tokens: forged ones, and ones that our key signed whatever they claim.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faregate::clock::Timestamp;
use faregate::settings::{Settings, TokenSettings};
use faregate::tokens::{AnyClaims, Keyring, Verifier, VerifyError};
use serde_json::Value;

use crate::House;
use crate::house::NOW;

/// A token: the first byte says how the others make one. Nothing is taken but what was issued, byte for byte.
///
/// Even: they are its text, with names in braces. Odd: they change an issued one, four at a time: what to do, where (two),
/// and with which byte.
pub fn token(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    House::with(|house| {
        let good = if first & 2 == 0 { &house.issued.access } else { &house.issued.refresh };
        let token = if first & 1 == 0 { house.filled(rest).into_owned() } else { changed(good, rest) };
        if let Ok(token) = std::str::from_utf8(&token) {
            house.wait(opens_nothing(house, token));
        }
    });
}

fn changed(good: &str, steps: &[u8]) -> Vec<u8> {
    let mut token = good.as_bytes().to_vec();
    for step in steps.chunks_exact(4) {
        let &[deed, high, low, byte] = step else { continue };
        let index = usize::from(u16::from_be_bytes([high, low])) % (token.len() + 1);
        match deed % 3 {
            0 => token.insert(index, byte),
            1 if index < token.len() => drop(token.remove(index)),
            _ => token.iter_mut().skip(index).take(1).for_each(|there| *there = byte),
        }
    }
    token
}

/// `token` is one that was issued, or no good; and that can be told without asking anybody.
async fn opens_nothing(house: &House, token: &str) {
    let (is_access, is_refresh) = (token == house.issued.access, token == house.issued.refresh);
    let taken = house.verifier.access(token, NOW).await;
    assert!(!matches!(taken, Err(VerifyError::Keyring(_))), "{taken:?}");
    assert_eq!(taken.is_ok(), is_access, "{token}");
    let taken = house.verifier.any(token, NOW).await;
    assert!(!matches!(taken, Err(VerifyError::Keyring(_))), "{taken:?}");
    assert_eq!(taken.is_ok(), is_access || is_refresh, "{token}");
    assert_eq!(house.verifier.refresh(token, NOW).await.is_ok(), is_refresh, "{token}");
    assert_eq!(house.verifier.any_refresh(token, false, NOW).await.is_ok(), is_refresh, "{token}");
}

/// The key that a Django beside us has too.
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A header and claims, a line feed between them, under our own key: they are read, and what is taken is what another reader
/// takes for a token of ours that is good now.
pub fn claims(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (header, claims) = data.split_at(end);
    let claims = claims.get(1..).unwrap_or_default();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), signed.as_bytes());
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
    House::with(|house| {
        let verifier = shared();
        let access = house.wait(verifier.access(&token, NOW)).is_ok();
        let refresh = house.wait(verifier.refresh(&token, NOW)).is_ok();
        assert!(!(access && refresh), "both kinds at once");
        match house.wait(verifier.any(&token, NOW)) {
            Ok(AnyClaims::Access(claims)) => {
                assert!(access && claims.expires_at > NOW);
            }
            Ok(AnyClaims::Refresh(_)) => assert!(refresh),
            Err(_) => {}
        }
        if access || refresh {
            is_good(header, claims, refresh);
        }
    });
}

fn shared() -> Verifier {
    let pairs = [("FAREGATE_HS256_KEY".to_owned(), KEY.to_owned()), ("FAREGATE_ISSUER".to_owned(), ISSUER.to_owned())];
    let settings: TokenSettings = Settings::from_pairs(pairs).expect("good settings").tokens;
    let keyring = Keyring::shared(settings.hs256_key.as_ref().expect("a key"));
    Verifier::new(keyring, &settings)
}

const ISSUER: &str = "http://localhost:8000";

/// What RFC 7519 and RFC 8725 ask of a token that is taken.
fn is_good(header: &[u8], claims: &[u8], refresh: bool) {
    let [header, claims]: [Value; 2] = [header, claims].map(|json| serde_json::from_slice(json).expect("JSON"));
    assert_eq!(header["alg"], "HS256");
    assert!(header.get("crit").is_none() && header.get("b64").is_none(), "{header}");
    let now = seconds(NOW);
    assert!(claims["exp"].as_f64().is_some_and(|expires| expires >= now + 1.0), "{claims}");
    for (name, ahead) in [("nbf", 0.0), ("iat", if refresh { 5.0 } else { 0.0 })] {
        let is_past = claims.get(name).is_none_or(|at| at.as_f64().is_some_and(|at| at < now + ahead + 1.0));
        assert!(is_past, "{name}: {claims}");
    }
    assert_eq!(claims["token_type"], if refresh { "refresh" } else { "access" });
    let audience = if refresh { "faregate:refresh" } else { "faregate" };
    let is_for_us = claims
        .get("aud")
        .is_none_or(|aud| *aud == audience || aud.as_array().is_some_and(|several| several.contains(&audience.into())));
    assert!(is_for_us && claims.get("iss").is_none_or(|iss| iss == ISSUER), "{claims}");
    assert!(claims.get("sub").is_none_or(Value::is_string) && claims.get("jti").is_some(), "{claims}");
}

#[expect(clippy::cast_precision_loss, reason = "a time of this century")]
fn seconds(at: Timestamp) -> f64 {
    at.seconds() as f64
}
