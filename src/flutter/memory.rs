//! An area in this process's memory. The clones of a handle share it, and it is gone with the last one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::area::{Area, Listing};
use crate::{error::Result, watch::Hub};

/// Names and texts, in the order of names.
type Texts = Vec<(String, String)>;

/// Names and texts in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    texts: Mutex<Texts>,
    hub: Arc<Hub>,
    #[cfg(test)]
    faults: faults::Faults,
}

impl Memory {
    fn texts(&self) -> MutexGuard<'_, Texts> {
        // A panic elsewhere leaves it whole, since every change is one call.
        self.0.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where `name` is, or where it belongs.
fn find(texts: &Texts, name: &str) -> Result<usize, usize> {
    texts.binary_search_by(|(other, _)| other.as_str().cmp(name))
}

impl Area for Memory {
    type Text = str;

    fn get(&self, name: &str) -> Result<Option<String>> {
        let texts = self.texts();
        Ok(find(&texts, name).ok().map(|at| texts[at].1.clone()))
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        #[cfg(test)]
        self.0.faults.before_write()?;
        let mut texts = self.texts();
        match find(&texts, name) {
            Ok(at) => texts[at].1 = text.to_owned(),
            Err(at) => texts.insert(at, (name.to_owned(), text.to_owned())),
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<bool> {
        let mut texts = self.texts();
        Ok(find(&texts, name).map(|at| texts.remove(at)).is_ok())
    }

    fn list(&self, prefix: &str) -> Result<Listing<str>> {
        let texts = self.texts();
        let entries = texts.iter().filter(|(name, _)| name.starts_with(prefix)).cloned().collect();
        Ok(Listing { entries, ill_formed: Vec::new() })
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        let mut texts = self.texts();
        match find(&texts, name) {
            Ok(at) => Ok(texts[at].1.clone()),
            Err(at) => {
                #[cfg(test)]
                self.0.faults.before_write()?;
                texts.insert(at, (name.to_owned(), text.to_owned()));
                Ok(text.to_owned())
            }
        }
    }

    fn hub(&self, _namespace: &str) -> Arc<Hub> {
        Arc::clone(&self.0.hub)
    }
}

/// Writes that fail when a test wants them to.
#[cfg(test)]
mod faults {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::Memory;
    use crate::error::{Error, ErrorKind, Result};

    #[derive(Debug)]
    pub(super) struct Faults {
        room: AtomicUsize,
    }

    impl Default for Faults {
        fn default() -> Self {
            Faults { room: AtomicUsize::new(usize::MAX) }
        }
    }

    impl Faults {
        pub(super) fn before_write(&self) -> Result<()> {
            let full = || Error::new(ErrorKind::QuotaExceeded, "the storage is full");
            self.room.fetch_update(SeqCst, SeqCst, |room| room.checked_sub(1)).map(drop).map_err(|_| full())
        }
    }

    impl Memory {
        /// The area is full after this many writes.
        pub(crate) fn fill_after(&self, writes: usize) {
            self.0.faults.room.store(writes, SeqCst);
        }
    }
}
