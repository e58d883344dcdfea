//! Stores a token, reads it back, and watches it go: `cargo run --example first_use`.
//!
//! It keeps everything in memory, so that it runs anywhere. In a browser leave `in_memory` out, and the
//! same lines read and write the localStorage of a Flet app.

use futures_util::{FutureExt, StreamExt};
use keyfold::{FLET_NAMESPACE, Result, SecureStorage, WebOptions};

async fn first_use() -> Result<()> {
    let storage = SecureStorage::builder(FLET_NAMESPACE).web(WebOptions::flutter()).in_memory().open().await?;
    let mut changes = storage.watch();

    storage.set("token", "s3cret").await?;
    println!("token: {:?}", storage.get("token").await?);
    println!("never stored: {:?}", storage.get("never stored").await?);

    storage.remove("token").await?;
    while let Some(Some(change)) = changes.next().now_or_never() {
        println!("changed: {:?}", change.kind);
    }
    Ok(())
}

fn main() -> Result<()> {
    pollster::block_on(first_use())
}
