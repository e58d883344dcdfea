//! What every backend does alike: one suite of cases, run on each through the public API.
//!
//! `cargo test` runs it on native, in memory; `cargo test --target wasm32-unknown-unknown` in a browser's
//! window, on memory, localStorage and sessionStorage, with both engines, with and without a wrap key.

mod backend;
mod cases;
#[cfg(feature = "serde")]
mod json;

use backend::{Area, Backend};
use keyfold::Engine;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

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

/// The suite on each of these backends.
macro_rules! suite {
    ($($name:ident: $area:ident, $engine:ident, $wrapped:literal;)*) => { $(
        mod $name {
            use super::*;

            const BACKEND: Backend = Backend { area: Area::$area, engine: Engine::$engine, wrapped: $wrapped };

            tests! { BACKEND, cases:
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
                get_all_opens_every_entry,
                get_all_readable_leaves_out_what_is_not_text,
                verify_tells_what_can_be_read,
                handles_see_each_other_s_writes,
                racing_first_writes_are_all_kept,
                racing_writes_of_one_entry_leave_one_of_them,
                namespaces_that_share_a_start_do_not_mix,
                a_store_that_must_exist_is_not_made,
                with_changes_options_and_keeps_the_rest,
                with_another_wrap_key_is_refused,
                with_another_layout_is_refused,
                watch_tells_of_changes_in_order,
                watch_tells_of_other_handles_changes,
                watch_outlives_its_handle_and_a_dropped_one_is_no_burden,
                import_skips_what_is_there,
                import_overwrites_when_asked,
                import_fails_whole_when_asked,
                import_of_nothing_makes_nothing,
                a_handle_tells_what_it_is,
                nothing_printed_holds_a_value_or_a_key,
            }

            #[cfg(feature = "serde")]
            tests! { BACKEND, json:
                json_comes_back,
                json_is_text_like_any_other,
                what_is_not_such_json_is_an_error,
                what_json_cannot_hold_is_refused,
            }
        }
    )* };
}

suite! {
    memory: Memory, Auto, false;
    memory_wrapped: Memory, Auto, true;
    memory_webcrypto: Memory, WebCrypto, false;
    memory_webcrypto_wrapped: Memory, WebCrypto, true;
}

#[cfg(target_family = "wasm")]
suite! {
    local_storage: LocalStorage, Auto, false;
    local_storage_wrapped: LocalStorage, Auto, true;
    local_storage_webcrypto: LocalStorage, WebCrypto, false;
    local_storage_webcrypto_wrapped: LocalStorage, WebCrypto, true;
    session_storage: SessionStorage, Auto, false;
    session_storage_wrapped: SessionStorage, Auto, true;
    session_storage_webcrypto: SessionStorage, WebCrypto, false;
    session_storage_webcrypto_wrapped: SessionStorage, WebCrypto, true;
}

/// Multi-threaded executors want futures that can move between threads, and handles that can be shared.
#[cfg(not(target_family = "wasm"))]
#[test]
fn on_native_every_future_is_send_and_handles_are_sync() {
    fn send<F: Future + Send>(_future: F) {}
    fn sync<T: Clone + Send + Sync + 'static>(_handle: &T) {}
    let backend = Backend { area: Area::Memory, engine: Engine::Auto, wrapped: true };
    let storage = pollster::block_on(backend.open());
    sync(&storage);
    send(keyfold::SecureStorage::open("app"));
    send(keyfold::SecureStorage::availability(&backend.builder("app")));
    send(backend.builder("app").open());
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
    send(futures_util::StreamExt::collect::<Vec<_>>(storage.watch()));
    #[cfg(feature = "serde")]
    {
        send(storage.set_json("a", &1));
        send(storage.get_json::<u8>("a"));
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn outside_a_browser_web_storage_is_unsupported() {
    for area in [Area::LocalStorage, Area::SessionStorage] {
        let backend = Backend { area, engine: Engine::Auto, wrapped: false };
        let builder = backend.builder("app");
        let availability = pollster::block_on(keyfold::SecureStorage::availability(&builder));
        assert!(!availability.usable());
        let error = pollster::block_on(builder.open()).expect_err("there is no browser");
        assert_eq!(error.kind(), keyfold::ErrorKind::Unsupported);
    }
}
