//! What every backend does alike: one suite of cases, run on each through the public API.
//!
//! `cargo test` runs it on native, in memory and in vaults. `npm test keyring` runs what needs a keyring.
//! `cargo test --target wasm32-unknown-unknown` runs it in a browser, in the context that the environment names:
//! scripts/parts.mjs runs the same module in a window and in the three kinds of workers. Workers have no Web Storage, and
//! leave out sealed stores in memory, which are the same there.

mod backend;
mod cases;
mod flutter;
#[cfg(feature = "serde")]
mod json;
mod sealed;
mod stored;
mod unlocks;

use backend::{Area, Backend, Guard};
use keyfold::{Engine, ErrorKind, SecureStorage};

/// A test for each case, on one backend.
macro_rules! tests {
    ($backend:expr, $module:ident: $($case:ident,)*) => { $(
        #[cfg(not(target_family = "wasm"))]
        #[test]
        fn $case() {
            pollster::block_on($module::$case(&$backend));
        }

        #[cfg(target_family = "wasm")]
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $case() {
            $module::$case(&$backend).await;
        }
    )* };
}

/// What both layouts have.
macro_rules! both {
    ($backend:expr) => {
        tests! { $backend, cases:
            a_new_store_is_empty,
            texts_come_back,
            bytes_come_back,
            values_of_every_size_come_back,
            a_value_is_replaced,
            an_entry_that_is_not_there_is_none,
            bytes_that_are_not_text_are_an_error_and_can_be_read_as_bytes,
            odd_names_are_names,
            keys_are_sorted,
            contains_key_finds_what_is_there,
            remove_tells_whether_there_was_one,
            clear_removes_every_entry,
            destroy_leaves_nothing_and_the_store_can_be_used_again,
            get_many_answers_in_the_order_asked,
            set_all_stores_texts_and_bytes,
            set_all_takes_the_last_of_a_name,
            set_if_absent_stores_the_first_alone,
            update_builds_on_what_is_there,
            racing_updates_of_one_entry_all_count,
            get_all_opens_every_entry,
            get_all_readable_leaves_out_what_is_not_text,
            verify_tells_what_can_be_read,
            handles_see_each_other_s_writes,
            racing_first_writes_are_all_kept,
            racing_writes_of_one_entry_leave_one_of_them,
            namespaces_that_share_a_start_do_not_mix,
            a_store_that_must_exist_is_not_made,
            with_nothing_changed_is_the_same_store,
            with_another_layout_is_refused,
            watch_tells_of_changes_in_order,
            watch_tells_of_other_handles_changes,
            watch_outlives_its_handle_and_a_dropped_one_is_no_burden,
            import_skips_what_is_there,
            import_overwrites_when_asked,
            import_fails_whole_when_asked,
            import_leaves_what_is_written_meanwhile,
            import_flutter_names_what_is_missing,
            a_handle_tells_what_it_is,
            nothing_printed_holds_a_value_or_a_key,
        }

        #[cfg(feature = "serde")]
        tests! { $backend, json:
            json_comes_back,
            json_is_text_like_any_other,
            what_is_not_such_json_is_an_error,
            what_json_cannot_hold_is_refused,
        }
    };
}

/// What every sealed store has whose unlock costs nothing.
macro_rules! sealed {
    ($backend:expr) => {
        both! { $backend }

        tests! { $backend, sealed:
            names_and_namespaces_have_bounds,
            the_flutter_layout_s_options_are_refused,
            a_handle_keeps_its_database,
            the_claims_database_is_refused,
            a_fresh_handle_sees_and_is_seen,
            import_goes_from_layout_to_layout,
            import_from_a_locked_store_writes_nothing,
            watch_tells_of_a_change_once,
        }

        tests! { $backend, unlocks:
            a_locked_store_answers_locked,
            a_lock_fails_what_is_under_way,
            a_lock_wins_over_an_unlock_that_is_under_way,
            a_wrong_unlock_leaves_it_locked,
            unlocks_that_cannot_be_used_are_refused,
            a_recovery_code_opens_however_it_is_typed,
            the_one_unlock_is_listed,
            what_opens_it_is_told_before_it_is_opened,
            locked_tells_what_opens_it,
            new_keys_open_the_same_entries,
            rotation_tells_how_far_it_is,
            rotation_needs_no_secret_and_keeps_every_unlock,
            rotation_leaves_out_what_is_not_kept,
            rotation_keeps_only_what_the_store_has,
            rotation_is_no_change_of_entries,
            the_unlock_is_changed_and_changed_back,
            a_change_that_cannot_be_made_changes_nothing,
            unlocks_are_added_and_removed,
            an_unlock_that_cannot_be_added_changes_nothing,
            one_unlock_of_several_is_changed,
        }
    };
}

/// What uses passphrases in a store that is made for its device.
macro_rules! device {
    ($backend:expr) => {
        tests! { $backend, unlocks:
            a_passphrase_is_prepared,
            a_store_has_one_passphrase,
            protection_is_the_weakest_unlock,
        }
    };
}

/// What a device does beside other unlocks.
macro_rules! remembered {
    ($backend:expr) => {
        tests! { $backend, unlocks:
            this_device_is_remembered_and_forgotten,
            protection_is_the_weakest_unlock,
        }
    };
}

/// What only a store has that is there when it is opened again.
macro_rules! stored {
    ($backend:expr) => {
        tests! { $backend, stored:
            availability_finds_what_is_there,
            racing_opens_make_one_store,
            two_places_with_one_namespace_are_apart,
            namespaces_are_one_only_if_every_byte_is,
            a_store_is_destroyed_without_its_unlock,
            a_lock_is_of_one_handle_and_its_like,
            other_handles_are_asked_again_after_a_rotation,
            a_stored_one_opens_by_its_unlock_only,
            an_added_unlock_opens_the_stored_one,
        }
    };
}

/// Once it is open, a store with a passphrase is the same as one with an app key. So this has only what the unlock
/// changes, since each use of a passphrase costs an Argon2id.
macro_rules! passphrase {
    ($backend:expr) => {
        tests! { $backend, cases:
            texts_come_back,
            destroy_leaves_nothing_and_the_store_can_be_used_again,
            a_handle_tells_what_it_is,
            nothing_printed_holds_a_value_or_a_key,
        }

        tests! { $backend, unlocks:
            a_locked_store_answers_locked,
            a_lock_wins_over_an_unlock_that_is_under_way,
            a_wrong_unlock_leaves_it_locked,
            the_one_unlock_is_listed,
            what_opens_it_is_told_before_it_is_opened,
            locked_tells_what_opens_it,
            new_keys_open_the_same_entries,
            the_unlock_is_changed_and_changed_back,
            one_unlock_of_several_is_changed,
            a_store_has_one_passphrase,
        }
    };
}

/// The suite of the flutter layout on each of these backends.
macro_rules! flutter {
    ($($name:ident: $area:ident, $engine:ident, $guard:ident;)*) => { $(
        mod $name {
            use super::*;

            const BACKEND: Backend = Backend::flutter(Area::$area, Engine::$engine, Guard::$guard);

            both! { BACKEND }

            tests! { BACKEND, flutter:
                with_changes_options_and_keeps_the_rest,
                with_another_wrap_key_is_refused,
                import_of_nothing_makes_nothing,
                what_only_sealed_stores_have_is_unsupported,
                the_sealed_layout_s_options_are_refused_or_without_effect,
            }
        }
    )* };
}

/// In memory: in workers and under Wine what is the same there is skipped by name.
mod memory {
    use super::*;

    flutter! {
        flutter_plain: Memory, Auto, Nothing;
        flutter_wrapped: Memory, Auto, WrapKey;
    }

    // Outside browsers the engine makes no difference.
    #[cfg(target_family = "wasm")]
    flutter! {
        flutter_webcrypto: Memory, WebCrypto, Nothing;
        flutter_webcrypto_wrapped: Memory, WebCrypto, WrapKey;
    }

    mod sealed_device {
        use super::*;

        const BACKEND: Backend = Backend::sealed(Area::Memory, Guard::Device);

        sealed! { BACKEND }
        device! { BACKEND }
    }

    mod sealed_app_key {
        use super::*;

        const BACKEND: Backend = Backend::sealed(Area::Memory, Guard::AppKey);

        sealed! { BACKEND }
        remembered! { BACKEND }
    }

    mod sealed_passphrase {
        use super::*;

        const BACKEND: Backend = Backend::sealed(Area::Memory, Guard::Passphrase);

        passphrase! { BACKEND }

        tests! { BACKEND, unlocks: this_device_is_remembered_and_forgotten, }
    }
}

#[cfg(target_family = "wasm")]
mod sealed_stored {
    use super::*;

    const BACKEND: Backend = Backend::sealed(Area::Stored, Guard::Device);

    sealed! { BACKEND }
    device! { BACKEND }
    stored! { BACKEND }
}

mod sealed_stored_app_key {
    use super::*;

    const BACKEND: Backend = Backend::sealed(Area::Stored, Guard::AppKey);

    sealed! { BACKEND }
    stored! { BACKEND }

    // Elsewhere it takes a keyring.
    #[cfg(target_family = "wasm")]
    remembered! { BACKEND }

    #[cfg(target_family = "wasm")]
    tests! { BACKEND, stored: a_remembered_device_opens_silently, }
}

mod sealed_stored_passphrase {
    use super::*;

    const BACKEND: Backend = Backend::sealed(Area::Stored, Guard::Passphrase);

    passphrase! { BACKEND }

    tests! { BACKEND, stored: a_stored_one_opens_by_its_unlock_only, }
}

/// What needs a keychain: on Linux a session with a keyring, which scripts/test.mjs makes.
#[cfg(not(target_family = "wasm"))]
mod keyring {
    use super::*;

    macro_rules! tests {
        ($backend:expr, $module:ident: $($case:ident,)*) => { $(
            #[test]
            #[cfg_attr(not(windows), ignore = "needs a keyring")]
            fn $case() {
                pollster::block_on($module::$case(&$backend));
            }
        )* };
    }

    const BACKEND: Backend = Backend::sealed(Area::Stored, Guard::Device);

    sealed! { BACKEND }
    device! { BACKEND }
    stored! { BACKEND }

    mod app_key {
        use super::*;

        const BACKEND: Backend = Backend::sealed(Area::Stored, Guard::AppKey);

        remembered! { BACKEND }

        tests! { BACKEND, stored: a_remembered_device_opens_silently, }
    }
}

/// What only a window has; in a worker these are skipped by name.
#[cfg(target_family = "wasm")]
mod window {
    use super::*;

    flutter! {
        local_storage: LocalStorage, Auto, Nothing;
        local_storage_wrapped: LocalStorage, Auto, WrapKey;
        local_storage_webcrypto: LocalStorage, WebCrypto, Nothing;
        local_storage_webcrypto_wrapped: LocalStorage, WebCrypto, WrapKey;
        session_storage: SessionStorage, Auto, Nothing;
        session_storage_wrapped: SessionStorage, Auto, WrapKey;
        session_storage_webcrypto: SessionStorage, WebCrypto, Nothing;
        session_storage_webcrypto_wrapped: SessionStorage, WebCrypto, WrapKey;
    }
}

/// What only a worker has; in a window this is skipped by name.
#[cfg(target_family = "wasm")]
mod worker {
    use super::*;

    #[wasm_bindgen_test::wasm_bindgen_test]
    async fn web_storage_is_unavailable() {
        no_web_storage(ErrorKind::Unavailable).await;
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn outside_a_browser_web_storage_is_unsupported() {
    pollster::block_on(no_web_storage(ErrorKind::Unsupported));
}

/// That the flutter layout is refused elsewhere than in memory.
async fn no_web_storage(expected: ErrorKind) {
    for area in [Area::LocalStorage, Area::SessionStorage] {
        let builder = || Backend::flutter(area, Engine::Auto, Guard::Nothing).builder("app");
        assert_eq!(cases::kind(builder().open().await), expected);
        assert_eq!(cases::kind(builder().destroy().await), expected);
        let reason = SecureStorage::availability(&builder()).await.reason.expect("it cannot be used");
        assert_eq!(reason.kind(), expected);
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn outside_a_browser_nothing_is_evicted() {
    assert_eq!(cases::kind(pollster::block_on(SecureStorage::persist())), ErrorKind::Unsupported);
}

/// Multi-threaded executors want futures that can move between threads, and handles that can be shared.
#[cfg(not(target_family = "wasm"))]
#[test]
fn on_native_every_future_is_send_and_handles_are_sync() {
    fn send<F: Future + Send>(_future: F) {}
    fn sync<T: Clone + Send + Sync + 'static>(_handle: &T) {}
    let backend = Backend::sealed(Area::Memory, Guard::AppKey);
    let (storage, unlock) = (pollster::block_on(backend.open()), backend.unlock());
    sync(&storage);
    sync(&unlock);
    send(SecureStorage::open("app"));
    send(SecureStorage::availability(&backend.builder("app")));
    send(backend.builder("app").open());
    let builder = backend.builder("app");
    send(builder.unlocks());
    send(backend.builder("app").destroy());
    send(storage.set("a", "b"));
    send(storage.set_bytes("a", b"b"));
    send(storage.set_all([("a", "b")]));
    send(storage.get("a"));
    send(storage.get_bytes("a"));
    send(storage.get_many(&["a"]));
    send(storage.get_all());
    send(storage.get_all_readable());
    send(storage.get_all_bytes());
    send(storage.get_all_readable_bytes());
    send(storage.contains_key("a"));
    send(storage.keys());
    send(storage.remove("a"));
    send(storage.clear());
    send(storage.destroy());
    send(storage.verify());
    send(storage.with(keyfold::CallOptions::new()));
    send(storage.import_from(&storage, keyfold::OnConflict::Skip));
    send(storage.import_flutter(&keyfold::FlutterApp::new(), keyfold::OnConflict::Skip));
    send(storage.unlock(&unlock));
    send(storage.unlocks());
    send(storage.add_unlock(&unlock, "label", |_, _| ()));
    send(storage.remove_unlock("id", |_, _| ()));
    send(storage.change_unlock("id", &unlock, None, |_, _| ()));
    send(storage.rotate(&keyfold::Rotate::all(), |_, _| ()));
    send(futures_util::StreamExt::collect::<Vec<_>>(storage.watch()));
    #[cfg(feature = "serde")]
    {
        send(storage.set_json("a", &1));
        send(storage.get_json::<u8>("a"));
    }
}
