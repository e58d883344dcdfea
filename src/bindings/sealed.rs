//! The verbs that only the sealed layout has, and unlocks.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is `pub`")]

use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{
    convert::{Given, defect, error, key_material, undefined, unlock_infos},
    verb::Verb,
};
use crate::{Error, Keep, Rotate, SecureStorage, Unlock, platform::secret_bytes, secret::Secret, unlock::Credential};

/// `SecureStorage.recoveryCode`.
#[wasm_bindgen(js_name = recoveryCode)]
pub fn recovery_code() -> Result<JsValue, JsValue> {
    SecureStorage::recovery_code().map(|code| code.text().into()).map_err(error)
}

pub(super) async fn answer(
    storage: SecureStorage,
    verb: Verb,
    first: JsValue,
    second: JsValue,
) -> Result<JsValue, Error> {
    let asked = first.unchecked_ref::<Given>();
    Ok(match verb {
        Verb::Unlock if first.is_undefined() => undefined(storage.unlock(&Unlock::device()).await?),
        Verb::Unlock => undefined(storage.unlock(&unlock(&first)?).await?),
        Verb::Unlocks => unlock_infos(storage.unlocks().await?),
        Verb::AddUnlock => {
            let (added, label) = (unlock(&asked.get("added"))?, asked.text("label").unwrap_or_default());
            storage.add_unlock(&added, &label, progress(second)).await?.into()
        }
        Verb::RemoveUnlock => {
            undefined(storage.remove_unlock(&asked.text("id").unwrap_or_default(), progress(second)).await?)
        }
        Verb::ChangeUnlock => {
            let (id, to) = (asked.text("id").unwrap_or_default(), unlock(&asked.get("to"))?);
            storage.change_unlock(&id, &to, asked.text("label").as_deref(), progress(second)).await?.into()
        }
        Verb::Rotate => undefined(storage.rotate(&rotate(&asked.get("keep"))?, progress(second)).await?),
        _ => return Err(defect()),
    })
}

/// An unlock that the package has checked: its kind, and its secret if it has one.
pub(super) fn unlock(given: &JsValue) -> Result<Unlock, Error> {
    if !given.is_object() {
        return Err(defect());
    }
    let given = given.unchecked_ref::<Given>();
    match given.text("kind").as_deref() {
        Some("device") => Ok(Unlock::device()),
        Some("passphrase") => {
            let text = secret_bytes(given.get("secret").unchecked_ref());
            Ok(Unlock(Credential::Passphrase(Secret::new(text))))
        }
        Some("recovery-code") => {
            let text = secret_bytes(given.get("secret").unchecked_ref());
            Ok(Unlock(Credential::RecoveryCode(Secret::new(text))))
        }
        Some("app-key") => key_material(&given.get("secret")).map(Unlock::app_key).ok_or_else(defect),
        _ => Err(defect()),
    }
}

/// Which unlocks stay: all, or an array of ids and unlocks.
fn rotate(keep: &JsValue) -> Result<Rotate, Error> {
    if keep.is_undefined() {
        return Ok(Rotate::all());
    }
    let one = |keep: JsValue| match keep.as_string() {
        Some(id) => Ok(Keep::Id(id)),
        None => unlock(&keep).map(Keep::Unlock),
    };
    keep.unchecked_ref::<Array>().iter().map(one).collect::<Result<Vec<_>, Error>>().map(Rotate::keep)
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
