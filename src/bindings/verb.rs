//! The numbers by which the package names the verbs.

use wasm_bindgen::prelude::wasm_bindgen;

/// What a handle can be asked for, with up to two arguments.
#[wasm_bindgen]
pub enum Verb {
    /// A key and its value.
    Set,
    /// Keys, and their values.
    SetAll,
    /// As `SetAll`. Returns which of them there are.
    AddAll,
    /// A key, and what makes the new value of the old one.
    Update,
    Get,
    GetBytes,
    /// Keys.
    GetMany,
    /// Whether unreadable entries are skipped.
    GetAll,
    /// As `GetAll`.
    GetAllBytes,
    ContainsKey,
    Remove,
    Keys,
    Clear,
    /// Tells the watchers what others have changed until now.
    Look,
    /// The first module of a layout has neither this nor what follows.
    Destroy,
    Verify,
    /// Options.
    With,
    /// An unlock.
    Unlock,
    Unlocks,
    RemoveUnreadable,
    /// `{ added, label }`, and the listener for progress.
    AddUnlock,
    /// `{ id }`, and the listener for progress.
    RemoveUnlock,
    /// `{ id, to, label }`, and the listener for progress.
    ChangeUnlock,
    /// `{ keep }`, and the listener for progress.
    Rotate,
}
