//! The verbs that only the sealed layout has, and unlocks.

#![expect(unreachable_pub, reason = "wasm-bindgen exports what is `pub`")]

use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{
    convert::{Given, array, defect, error, key_material, object, undefined},
    verb::Verb,
};
use crate::{Error, SecureStorage, Unlock, UnlockInfo, platform::secret_bytes, secret::Secret, unlock::Credential};

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
            let (current, added) = (unlock(&asked.get("current"))?, unlock(&asked.get("added"))?);
            storage.add_unlock(&current, &added, &asked.text("label").unwrap_or_default()).await?.into()
        }
        Verb::RemoveUnlock => undefined(
            storage
                .remove_unlock(&asked.text("id").unwrap_or_default(), &unlocks(&asked.get("kept"))?, progress(second))
                .await?,
        ),
        Verb::ChangeUnlock => {
            let (from, to, kept) =
                (unlock(&asked.get("from"))?, unlock(&asked.get("to"))?, unlocks(&asked.get("kept"))?);
            undefined(storage.change_unlock(&from, &to, asked.text("label").as_deref(), &kept, progress(second)).await?)
        }
        Verb::Rotate => undefined(storage.rotate(&unlocks(&asked.get("kept"))?, progress(second)).await?),
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

fn unlocks(given: &JsValue) -> Result<Vec<Unlock>, Error> {
    given.unchecked_ref::<Array>().iter().map(|given| unlock(&given)).collect()
}

pub(super) fn unlock_infos(infos: Vec<UnlockInfo>) -> JsValue {
    let item = |info: UnlockInfo| {
        object([("id", info.id.into()), ("kind", info.kind.as_str().into()), ("label", info.label.into())])
    };
    array(infos.into_iter().map(item).collect())
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
