//! HPKE and ECDH by the vectors of `tests/vectors/hpke`, over the test platform.

use super::{
    super::{format::ring::Encapsulated, hpke},
    *,
};

#[path = "../../../tests/vectors/hpke/cases.rs"]
mod cases;

use cases::*;

fn pair(private: &Hex, public: &Hex) -> KeyPair {
    KeyPair { private: Key::new(private.array()), public: public.array() }
}

fn seal_from(ephemeral: &KeyPair, to: &Point, info: &[u8], key: &Key) -> Option<Encapsulated> {
    now(hpke::seal_from::<Tested>(ephemeral, to, info, key)).expect("it can be tried")
}

fn open(own: &KeyPair, info: &[u8], sealed: &Encapsulated) -> Option<[u8; 32]> {
    now(hpke::open::<Tested>(own, info, sealed)).expect("it can be tried").map(|key| *key)
}

/// What the published key and nonce seal is what is made and opened here: they are what is derived.
#[test]
fn published_contexts_are_derived() {
    for case in published() {
        let (own, ephemeral) =
            (pair(&case.private_key, &case.public_key), pair(&case.ephemeral_private_key, &case.enc));
        let (info, data_key) = (case.info.get(), Key::new(case.data_key.array()));
        let key = now(TestKey::import(&Key::new(case.key.array()))).expect("it is a key");
        let seal_with =
            |aad: &[u8], text: &[u8]| key.seal_with(&case.nonce.array(), aad, text).expect("it can be sealed");
        let published = seal_with(&case.associated_data.get(), &case.plaintext.get());
        assert_eq!(published.as_deref(), Some(&case.ciphertext.get()), "{}", case.name);
        let of_data_key = seal_with(b"", &data_key[..]);
        assert_eq!(of_data_key.as_deref(), Some(&case.sealed_data_key.get()), "{}", case.name);

        let sealed = seal_from(&ephemeral, &own.public, &info, &data_key).expect("it can be sealed");
        let expected = Encapsulated { enc: case.enc.array(), ciphertext: case.sealed_data_key.get() };
        assert_eq!(sealed, expected, "{}", case.name);
        assert_eq!(open(&own, &info, &sealed), Some(*data_key), "{}", case.name);
    }
}

#[test]
fn what_is_sealed_opens_only_as_it_was_sealed() {
    let [own, other, ephemeral] = [(); 3].map(|()| p256::generate().expect("there are random bytes"));
    let key = random_key().expect("there are random bytes");
    let sealed = seal_from(&ephemeral, &own.public, b"info", &key).expect("it can be sealed");
    assert_eq!(open(&own, b"info", &sealed), Some(*key));
    assert_eq!(open(&own, b"inf0", &sealed), None);
    assert_eq!(open(&other, b"info", &sealed), None);
    // The public key counts, and not only what is computed with the private one.
    assert_eq!(open(&KeyPair { public: other.public, ..own.clone() }, b"info", &sealed), None);
    assert_eq!(open(&own, b"info", &Encapsulated { enc: other.public, ..sealed.clone() }), None);
    for bit in 0..8 * sealed.ciphertext.len() {
        let mut changed = sealed.clone();
        changed.ciphertext[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&own, b"info", &changed), None, "bit {bit}");
    }
    // It is sealed by an ephemeral key of its own each time.
    let [one, two] =
        [(); 2].map(|()| now(hpke::seal::<Tested>(&own.public, b"info", &key)).ok().flatten().expect("it is sealed"));
    assert_ne!(one.enc, two.enc);
    assert_eq!([&one, &two].map(|sealed| open(&own, b"info", sealed)), [Some(*key); 2]);
}

#[test]
fn numbers_that_start_with_zeros_keep_their_length() {
    for case in leading_zeros() {
        let shared = p256::agree(&Key::new(case.private_key.array()), &case.other_public_key.array());
        assert_eq!(shared.map(|shared| *shared), Some(case.shared_secret.array()), "{}", case.name);
        let own = pair(&case.private_key, &case.public_key);
        let key = random_key().expect("there are random bytes");
        let sealed = seal_from(&own, &case.other_public_key.array(), b"", &key).expect("it can be sealed");
        assert_eq!(sealed.enc, case.public_key.array(), "{}", case.name);
        let sealed = now(hpke::seal::<Tested>(&own.public, b"", &key)).ok().flatten().expect("it is sealed");
        assert_eq!(open(&own, b"", &sealed), Some(*key), "{}", case.name);
    }
}

#[test]
fn what_is_no_point_is_refused() {
    let own = p256::generate().expect("there are random bytes");
    let key = random_key().expect("there are random bytes");
    let mut refused = 0;
    for case in no_points() {
        let no_point = case.point.array();
        assert!(p256::agree(&own.private, &no_point).is_none(), "{}", case.name);
        let sealed = Encapsulated { enc: no_point, ciphertext: vec![0; 48] };
        assert_eq!(open(&own, b"", &sealed), None, "{}", case.name);
        assert!(seal_from(&own, &no_point, b"", &key).is_none(), "{}", case.name);
        refused += 1;
    }
    assert!(refused >= 12, "only {refused} were refused");
}

#[test]
fn a_private_key_is_a_number_from_1_to_below_the_order() {
    let order = *b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let other = p256::generate().expect("there are random bytes");
    let agrees = |private: [u8; 32]| p256::agree(&Key::new(private), &other.public).is_some();
    let changed = |last: u8| {
        let mut number = order;
        number[31] = last;
        number
    };
    let mut one = [0; 32];
    one[31] = 1;
    assert_eq!([one, changed(0x50)].map(agrees), [true; 2]);
    assert_eq!([[0; 32], order, changed(0x52), [0xff; 32]].map(agrees), [false; 4]);
    // One times a point is the point.
    assert_eq!(p256::agree(&Key::new(one), &other.public).as_deref().map(|x| &x[..]), Some(&other.public[1..33]));
}
