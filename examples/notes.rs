//! Counts its visits and keeps a note. `cargo run --example notes` runs it natively, `npm run example` in a browser.
//!
//! Run it twice. What it stores is sealed under a key that the system's keychain, or the browser, keeps.

use keyfold::{Builder, Result, SecureStorage};

/// The app. It is the same everywhere.
async fn run(builder: Builder, show: impl Fn(&str)) -> Result<()> {
    let storage = builder.open().await?;

    let visits = storage.get("visits").await?.and_then(|text| text.parse().ok()).unwrap_or(0) + 1;
    storage.set("visits", &visits.to_string()).await?;
    show(&format!("This is visit {visits}."));

    match storage.get("note").await? {
        Some(note) => show(&format!("Your note: {note}")),
        None => {
            storage.set("note", "water the plants").await?;
            show("A note is kept for your next visit.");
        }
    }
    Ok(())
}

fn notes() -> Builder {
    SecureStorage::builder("com.example.notes")
}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    // If there is no keychain, for example over ssh, a passphrase opens the store.
    let builder = match std::env::var("NOTES_PASSPHRASE") {
        Ok(passphrase) => notes().unlock(keyfold::Unlock::passphrase(passphrase)),
        Err(_) => notes(),
    };
    match pollster::block_on(run(builder, |line| println!("{line}"))) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // The message says what to do.
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// examples/notes/start.js starts this.
#[cfg(target_family = "wasm")]
fn main() {
    let page = web_sys::window().and_then(|window| window.document()?.get_element_by_id("page")).expect("the page");
    let show = move |line: &str| page.append_with_str_1(&format!("{line}\n")).expect("a page takes text");
    wasm_bindgen_futures::spawn_local(async move {
        if let Err(error) = run(notes(), &show).await {
            show(&error.to_string());
        }
    });
}
