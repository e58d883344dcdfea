//! The verbs that only the sealed layout has, and unlocks.

use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{
    convert::{array, key_material, object, undefined},
    js::Verb,
};
use crate::{Error, ErrorKind, SecureStorage, Unlock, UnlockInfo};

#[wasm_bindgen]
extern "C" {
    /// An unlock, as `pkg/arguments.js` has checked it.
    pub(super) type GivenUnlock;
    #[wasm_bindgen(method, getter)]
    fn kind(this: &GivenUnlock) -> String;
    #[wasm_bindgen(method, getter)]
    fn secret(this: &GivenUnlock) -> JsValue;

    /// What a change of unlocks is asked for; each verb has some of it.
    type ChangeOfUnlocks;
    #[wasm_bindgen(method, getter)]
    fn current(this: &ChangeOfUnlocks) -> GivenUnlock;
    #[wasm_bindgen(method, getter)]
    fn added(this: &ChangeOfUnlocks) -> GivenUnlock;
    #[wasm_bindgen(method, getter)]
    fn from(this: &ChangeOfUnlocks) -> GivenUnlock;
    #[wasm_bindgen(method, getter)]
    fn to(this: &ChangeOfUnlocks) -> GivenUnlock;
    #[wasm_bindgen(method, getter)]
    fn kept(this: &ChangeOfUnlocks) -> Array;
    #[wasm_bindgen(method, getter)]
    fn id(this: &ChangeOfUnlocks) -> String;
    #[wasm_bindgen(method, getter)]
    fn label(this: &ChangeOfUnlocks) -> Option<String>;
}

pub(super) async fn answer(
    storage: SecureStorage,
    verb: Verb,
    first: JsValue,
    second: JsValue,
) -> Result<JsValue, Error> {
    let asked = first.unchecked_ref::<ChangeOfUnlocks>();
    Ok(match verb {
        Verb::Unlock if first.is_undefined() => undefined(storage.unlock(&Unlock::device()).await?),
        Verb::Unlock => undefined(storage.unlock(&unlock(first.unchecked_into())?).await?),
        Verb::Unlocks => array(storage.unlocks().await?.into_iter().map(unlock_info).collect()),
        Verb::RemoveUnreadable => storage.remove_unreadable().await?.into(),
        Verb::AddUnlock => {
            let (current, added) = (unlock(asked.current())?, unlock(asked.added())?);
            storage.add_unlock(&current, &added, &asked.label().unwrap_or_default()).await?.into()
        }
        Verb::RemoveUnlock => {
            undefined(storage.remove_unlock(&asked.id(), &unlocks(&asked.kept())?, progress(second)).await?)
        }
        Verb::ChangeUnlock => {
            let (from, to, kept) = (unlock(asked.from())?, unlock(asked.to())?, unlocks(&asked.kept())?);
            undefined(storage.change_unlock(&from, &to, asked.label().as_deref(), &kept, progress(second)).await?)
        }
        Verb::Rotate => undefined(storage.rotate(&unlocks(&asked.kept())?, progress(second)).await?),
        _ => return Err(defect()),
    })
}

/// An unlock that the package has checked.
pub(super) fn unlock(given: GivenUnlock) -> Result<Unlock, Error> {
    match given.kind().as_str() {
        "device" => Ok(Unlock::device()),
        "passphrase" => given.secret().as_string().map(Unlock::passphrase).ok_or_else(defect),
        "app-key" => key_material(&given.secret()).map(Unlock::app_key).ok_or_else(defect),
        _ => Err(defect()),
    }
}

fn unlocks(given: &Array) -> Result<Vec<Unlock>, Error> {
    given.iter().map(|given| unlock(given.unchecked_into())).collect()
}

fn unlock_info(info: UnlockInfo) -> JsValue {
    object([("id", info.id.into()), ("kind", info.kind.as_str().into()), ("label", info.label.into())])
}

/// Calls `listener(done, total)`, if there is one.
fn progress(listener: JsValue) -> impl FnMut(usize, usize) {
    move |done, total| {
        if let Some(listener) = listener.dyn_ref::<Function>() {
            // The package's listener catches and reports what the app's throws.
            let _ = listener.call2(&JsValue::UNDEFINED, &done.into(), &total.into());
        }
    }
}

/// The package's two halves do not understand each other.
fn defect() -> Error {
    Error::new(ErrorKind::Platform, "the package passed on what its module does not know: this is a defect of keyfold")
}
