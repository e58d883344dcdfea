use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use super::*;
use crate::crypto::{POINT_BYTES, p256};

#[path = "../../../../../tests/vectors/hpke/cases.rs"]
#[allow(clippy::duplicate_mod, dead_code, reason = "what is derived is the same on all platforms, and tested there")]
mod cases;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn two_pairs_agree_on_what_rustcrypto_computes() {
    for _ in 0..50 {
        let (one, other) = (generate().await.expect("a pair"), generate().await.expect("a pair"));
        let both = agree(&one, &other.public).await.expect("they are keys").expect("of this curve");
        assert_eq!(agree(&other, &one.public).await.expect("they are keys"), Some(both.clone()));
        assert_eq!(p256::agree(&one.private, &other.public), Some(both));
    }
}

#[wasm_bindgen_test]
async fn numbers_that_start_with_zeros_keep_their_length() {
    for case in cases::leading_zeros() {
        let own = KeyPair { private: Key::new(case.private_key.array()), public: case.public_key.array() };
        let shared = agree(&own, &case.other_public_key.array()).await.expect("they are keys");
        assert_eq!(shared, Some(Key::new(case.shared_secret.array())), "{}", case.name);
    }
}

#[wasm_bindgen_test]
async fn points_that_are_not_on_the_curve_are_refused() {
    let (own, other) = (generate().await.expect("a pair"), generate().await.expect("a pair"));
    assert!(is_on_curve(&other.public));
    let with = |change: &dyn Fn(&mut Point)| {
        let mut point = other.public;
        change(&mut point);
        point
    };
    let refused = [
        with(&|point| point[64] ^= 1),
        with(&|point| point[1] ^= 1),
        with(&|point| point[0] = 2),
        with(&|point| point[0] = 0),
        with(&|point| point[1..33].copy_from_slice(&P)),
        with(&|point| point[33..].copy_from_slice(&P)),
        with(&|point| point[1..].fill(0)),
        [0; POINT_BYTES],
        [0xff; POINT_BYTES],
    ];
    for point in refused {
        assert!(!is_on_curve(&point), "{point:?}");
        assert_eq!(p256::agree(&own.private, &point), None, "{point:?}");
        assert_eq!(agree(&own, &point).await.expect("the call is possible"), None, "{point:?}");
        let own = KeyPair { public: point, private: own.private.clone() };
        assert_eq!(agree(&own, &other.public).await.expect("the call is possible"), None, "{point:?}");
    }
    // The same x belongs to two points: y, and p − y.
    for _ in 0..20 {
        let pair = generate().await.expect("a pair");
        assert!(is_on_curve(&pair.public));
        let y = number(&pair.public[33..]).expect("a number");
        let minus = &number(&P).expect("a number") - &y;
        let minus = format!("{:0>64}", String::from(minus.to_string(16).expect("a radix")));
        let mut point = pair.public;
        for (at, byte) in point[33..].iter_mut().enumerate() {
            *byte = u8::from_str_radix(&minus[2 * at..2 * at + 2], 16).expect("hexadecimal");
        }
        assert!(is_on_curve(&point));
        assert_eq!(p256::agree(&own.private, &point), agree(&own, &point).await.expect("it is possible"));
    }
}

#[wasm_bindgen_test]
async fn private_keys_that_are_none_are_refused() {
    let (own, other) = (generate().await.expect("a pair"), generate().await.expect("a pair"));
    for private in [[0; 32], [0xff; 32]] {
        let own = KeyPair { private: Key::new(private), public: own.public };
        assert_eq!(p256::agree(&own.private, &other.public), None);
        assert_eq!(agree(&own, &other.public).await.expect("the call is possible"), None);
    }
}
