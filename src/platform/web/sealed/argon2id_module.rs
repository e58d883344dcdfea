//! Argon2id in the npm package: a separate module, which the package loads when it is first needed.

use std::cell::RefCell;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::super::{env::failed, value::Outside};
use crate::{
    crypto::{Key, argon2id::Cost},
    error::{ErrorKind, Result},
};

thread_local! {
    static DERIVE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Takes the package's function: from passphrase, salt, KiB and passes to a promise for 32 bytes.
pub(crate) fn set_argon2id(derive: Function) {
    DERIVE.set(Some(derive));
}

pub(super) async fn derive(passphrase: &[u8], cost: &Cost) -> Result<Key> {
    let passphrase = Outside(Uint8Array::from(passphrase));
    let salt = Uint8Array::from(&cost.salt[..]);
    let arguments = [JsValue::from(&passphrase.0), salt.into(), cost.memory_kib.into(), cost.passes.into()];
    let derived = async {
        let derive = DERIVE.with_borrow(Clone::clone).unwrap_or_default();
        let call = derive.apply(&JsValue::UNDEFINED, &arguments.iter().collect::<Array>())?;
        JsFuture::from(call.unchecked_into::<Promise>()).await
    };
    let message = "Argon2id, which passphrases need, could not be loaded, or there is no memory for it";
    let derived = derived.await.map_err(failed(ErrorKind::Unavailable, message))?;
    let derived = Outside(derived.unchecked_into());
    let mut key = Key::default();
    derived.0.copy_to(&mut key[..]);
    Ok(key)
}
