//! An open store: whether it has its keys, and how it obtains them again when somebody else has changed them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    Namespace, Platform,
    area::{Found, RecordArea},
    errors,
    keys::Keys,
    namespace::Current,
    opening,
    peers::Peers,
};
use crate::{
    error::{Error, ErrorKind, Result},
    unlock::{Credential, Unlock, UnlockKind},
};

/// What a handle shares with its clones and with the handles that `with` made.
pub(super) struct Session<P: Platform> {
    pub(super) namespace: Namespace<P>,
    state: Mutex<State<P::Key>>,
}

/// Whether there are keys.
struct State<K> {
    keys: Option<Arc<Keys<K>>>,
    /// What opened the store last.
    kind: UnlockKind,
    /// The unlock that protects the store least.
    weakest: UnlockKind,
    /// Whether nothing but this device opened the store.
    is_of_device_alone: bool,
    is_locked: bool,
    locks: Locks,
    /// The least generation of the keys that are obtained next, if others were known before: of a ring that is older
    /// somebody has put a copy back.
    least: u64,
}

impl<K> State<K> {
    fn take(&mut self, keys: Keys<K>) -> Arc<Keys<K>> {
        (self.kind, self.least) = (keys.kind, 0);
        self.weakest = keys.weakest();
        self.is_of_device_alone = keys.kinds.list() == [UnlockKind::Device];
        let keys = Arc::new(keys);
        self.keys = Some(Arc::clone(&keys));
        keys
    }
}

/// How often the store was locked before. A call compares it to see whether the store was locked meanwhile.
pub(super) type Locks = u64;

/// Keys, and how often the store was locked before they were taken.
type Held<K> = (Arc<Keys<K>>, Locks);

impl<P: Platform> Session<P> {
    pub(super) fn new(namespace: Namespace<P>, keys: Keys<P::Key>) -> Self {
        let (kind, weakest) = (keys.kind, keys.weakest());
        let (is_of_device_alone, is_locked) = (false, false);
        let mut state = State { keys: None, kind, weakest, is_of_device_alone, is_locked, locks: 0, least: 0 };
        state.take(keys);
        Session { namespace, state: Mutex::new(state) }
    }

    /// Goes on with a device store that another instance of the package has opened, and whose ring had this generation.
    /// Its keys are obtained by the first call.
    #[cfg(feature = "npm")]
    pub(super) fn taken_over(namespace: Namespace<P>, generation: u64) -> Self {
        let kind = UnlockKind::Device;
        let state = State {
            keys: None,
            kind,
            weakest: kind,
            is_of_device_alone: true,
            is_locked: false,
            locks: 0,
            least: generation,
        };
        Session { namespace, state: Mutex::new(state) }
    }

    /// The generation of the ring that this handle knows; 0 if it knows none.
    #[cfg(feature = "npm")]
    pub(super) fn generation(&self) -> u64 {
        let state = self.state();
        state.keys.as_ref().map_or(state.least, |keys| keys.generation)
    }

    fn state(&self) -> MutexGuard<'_, State<P::Key>> {
        // A panic elsewhere leaves it whole, since every change is an assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the keys. Calls in progress fail.
    pub(super) fn lock(&self) {
        let mut state = self.state();
        state.keys = None;
        state.is_locked = true;
        state.locks += 1;
        drop(state);
        self.namespace.area.forget();
    }

    /// Opens the store again with any of its unlocks.
    pub(super) async fn unlock(&self, unlock: &Unlock) -> Result<()> {
        unlock.check()?;
        let locks = self.locks();
        let keys = opening::obtain(&self.namespace, &unlock.0, true).await?;
        {
            let mut state = self.state();
            if state.locks != locks {
                return Err(self.locked());
            }
            state.take(keys);
            state.is_locked = false;
        }
        // Whoever opens it again takes it as it is, even if it is an older copy.
        self.namespace.area.forget();
        if self.namespace.area.news().hub.is_watched() {
            // What was not reported while it was locked. What cannot be read now is found by the next look.
            drop(self.look().await);
        }
        Ok(())
    }

    pub(super) fn is_locked(&self) -> bool {
        self.state().is_locked
    }

    /// The unlock that protects the store least.
    pub(super) fn weakest(&self) -> UnlockKind {
        self.state().weakest
    }

    /// What opened the store.
    pub(super) fn kind(&self) -> UnlockKind {
        self.state().kind
    }

    fn locks(&self) -> Locks {
        self.state().locks
    }

    /// How often the store was locked before, or an error if it is locked now.
    pub(super) fn unlocked(&self) -> Result<Locks> {
        let state = self.state();
        if state.is_locked { Err(self.locked()) } else { Ok(state.locks) }
    }

    /// Fails if the store was locked meanwhile.
    pub(super) fn check(&self, locks: Locks) -> Result<()> {
        if self.locks() == locks { Ok(()) } else { Err(self.locked()) }
    }

    fn locked(&self) -> Error {
        errors::call_unlock(&self.namespace.name, self.namespace.kinds())
    }

    #[cfg(test)]
    pub(super) fn has_no_keys(&self) -> bool {
        self.state().keys.is_none()
    }

    /// Forgets the keys of a removed store.
    pub(super) fn drop_keys(&self) {
        let mut state = self.state();
        (state.keys, state.least) = (None, 0);
    }

    /// The current keys; `None` if nothing is stored any more.
    pub(super) async fn keys(&self) -> Result<Option<Held<P::Key>>> {
        match self.keys_at_hand()? {
            None => self.again(None, self.locks()).await,
            at_hand => Ok(at_hand),
        }
    }

    /// The current keys, for a write. If nothing is stored any more, a device store is created again.
    pub(super) async fn keys_for_writing(&self) -> Result<Held<P::Key>> {
        let locks = self.locks();
        if let Some(keys) = self.keys().await? {
            return Ok(keys);
        }
        if !self.state().is_of_device_alone {
            return Err(errors::removed(&self.namespace.name));
        }
        let keys = opening::obtain(&self.namespace, &Credential::Device, false).await?;
        self.adopt(keys, locks)
    }

    /// The keys that this handle has; `None` if it has none though it is not locked.
    pub(super) fn keys_at_hand(&self) -> Result<Option<Held<P::Key>>> {
        let state = self.state();
        if state.is_locked {
            return Err(self.locked());
        }
        Ok(state.keys.as_ref().map(|keys| (Arc::clone(keys), state.locks)))
    }

    /// Obtains keys again, because there are none or because `old` are not the ring's.
    pub(super) async fn again(&self, old: Option<&Arc<Keys<P::Key>>>, locks: Locks) -> Result<Option<Held<P::Key>>> {
        let again = opening::again(&self.namespace, self.kind(), old.map(|old| &**old)).await;
        let mut state = self.state();
        if state.is_locked || state.locks != locks {
            return Err(self.locked());
        }
        if let Some(keys) = &state.keys
            && old.is_none_or(|old| !Arc::ptr_eq(keys, old))
        {
            // Another call of this handle was faster.
            return Ok(Some((Arc::clone(keys), locks)));
        }
        match again {
            Ok(Some(keys)) if keys.generation < state.least => Err(errors::older(&self.namespace.name)),
            Ok(Some(keys)) => {
                drop(state);
                self.adopt(keys, locks).map(Some)
            }
            Ok(None) => {
                (state.keys, state.least) = (None, 0);
                Ok(None)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Locked {
                    // Not counted as a call of `lock`, which would fail an `unlock` in progress.
                    (state.keys, state.is_locked) = (None, true);
                    drop(state);
                    self.namespace.area.forget();
                }
                Err(error)
            }
        }
    }

    /// Continues with these keys, unless the store was locked meanwhile.
    pub(super) fn adopt(&self, keys: Keys<P::Key>, locks: Locks) -> Result<Held<P::Key>> {
        let mut state = self.state();
        if state.is_locked || state.locks != locks {
            return Err(self.locked());
        }
        Ok((state.take(keys), locks))
    }

    /// The ring that is stored, which must not be older than the one that this handle has opened.
    pub(super) async fn current(&self) -> Result<Current<P::Key>> {
        let current = match self.namespace.area.find().await? {
            Found::Ring(stored) => self.namespace.read(stored)?,
            Found::OnlyRecords => return Err(errors::ring_missing(&self.namespace.name)),
            Found::Nothing => return Err(errors::removed(&self.namespace.name)),
        };
        let state = self.state();
        if current.ring.head.generation < state.keys.as_ref().map_or(state.least, |keys| keys.generation) {
            return Err(errors::older(&self.namespace.name));
        }
        Ok(current)
    }
}
