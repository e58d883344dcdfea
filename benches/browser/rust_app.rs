//! The benchmark's Rust app in a browser: the loops that are measured run in WebAssembly and call the crate.
#![cfg(target_family = "wasm")]
#![allow(missing_docs, clippy::missing_errors_doc, reason = "nobody but benches/browser/rust-app.js calls it")]

use std::hint::black_box;

use keyfold::{Error, SecureStorage, WebOptions};
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

#[wasm_bindgen]
pub struct RustApp {
    storage: SecureStorage,
    names: Vec<String>,
    values: Vec<String>,
}

#[wasm_bindgen]
impl RustApp {
    pub async fn open(namespace: String, wrap: Option<Vec<String>>) -> Result<RustApp, JsError> {
        let mut web = WebOptions::flutter();
        if let Some([key, iv]) = wrap.as_deref() {
            web = web.wrap_key(key.as_str()).wrap_key_iv(iv.as_str());
        }
        let storage = SecureStorage::builder(&namespace).web(web).open().await.map_err(error)?;
        Ok(RustApp { storage, names: Vec::new(), values: Vec::new() })
    }

    /// The entries that the loops go round.
    pub fn entries(&mut self, names: Vec<String>, values: Vec<String>) {
        (self.names, self.values) = (names, values);
    }

    pub async fn text(&self, name: String) -> Result<Option<String>, JsError> {
        self.storage.get(&name).await.map_err(error)
    }

    pub async fn get(&self, count: usize) -> Result<(), JsError> {
        for name in self.names.iter().cycle().take(count) {
            black_box(self.storage.get(name).await.map_err(error)?);
        }
        Ok(())
    }

    pub async fn set(&self, count: usize) -> Result<(), JsError> {
        for (name, value) in self.names.iter().zip(&self.values).cycle().take(count) {
            self.storage.set(name, value).await.map_err(error)?;
        }
        Ok(())
    }

    #[wasm_bindgen(js_name = getAll)]
    pub async fn get_all(&self, count: usize) -> Result<(), JsError> {
        for _ in 0..count {
            black_box(self.storage.get_all().await.map_err(error)?);
        }
        Ok(())
    }

    #[wasm_bindgen(js_name = getMany)]
    pub async fn get_many(&self, count: usize) -> Result<(), JsError> {
        for _ in 0..count {
            black_box(self.storage.get_many(&self.names).await.map_err(error)?);
        }
        Ok(())
    }

    #[wasm_bindgen(js_name = setAll)]
    pub async fn set_all(&self, count: usize) -> Result<(), JsError> {
        for _ in 0..count {
            self.storage.set_all(self.names.iter().zip(&self.values)).await.map_err(error)?;
        }
        Ok(())
    }
}

fn error(error: Error) -> JsError {
    JsError::new(&error.to_string())
}
