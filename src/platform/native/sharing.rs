//! Files on Windows that somebody has open. They may be in the way for a moment.

use std::{
    io, thread,
    time::{Duration, Instant},
};

/// How long a virus scanner or another reader has to close a file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries again for a while if another program has the file open.
pub(crate) fn retry<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match action() {
            Err(error) if is_in_the_way(&error) && start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(10))
            }
            done => return done,
        }
    }
}

/// Access denied, sharing violation, lock violation.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 32 | 33))
}
