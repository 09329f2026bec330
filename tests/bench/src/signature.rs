//! The bare signature of an access token, by the library that the service signs with: the floor of what makes or checks one.

use std::time::Instant;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::figures::median;

/// Signatures of each kind; the median counts.
const TIMES: usize = 201;
/// As long as the signed part of an access token.
const MESSAGE: [u8; 640] = [b'a'; 640];

/// Milliseconds of one signature.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// To make it.
    pub sign_ms: f64,
    /// To check it.
    pub verify_ms: f64,
}

impl Cost {
    /// That of `algorithm`, RS256 with 2048 bits or ES256, with a new key.
    #[must_use]
    pub fn of(algorithm: &str) -> Self {
        let random = SystemRandom::new();
        if algorithm == "RS256" {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
            let public = pair.public_key().as_der().expect("a public key").as_ref().to_vec();
            let sign = || {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature).expect("a signature");
                signature
            };
            Self::measured(sign, &RSA_PKCS1_2048_8192_SHA256, &public)
        } else {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
            let sign = || pair.sign(&random, &MESSAGE).expect("a signature").as_ref().to_vec();
            Self::measured(sign, &ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
        }
    }

    fn measured(sign: impl Fn() -> Vec<u8>, algorithm: &'static dyn VerificationAlgorithm, public: &[u8]) -> Self {
        let key = UnparsedPublicKey::new(algorithm, public);
        let signature = sign();
        Self {
            sign_ms: milliseconds(|| drop(sign())),
            verify_ms: milliseconds(|| key.verify(&MESSAGE, &signature).expect("a good signature")),
        }
    }
}

fn milliseconds(work: impl Fn()) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    median(&mut times)
}
