//! A model of localStorage in several processes: every tab has its own view, which lags.
//!
//! What a tab changes is in its own view at once. It becomes part of the one order of all changes later,
//! and reaches the other tabs later still; a tab's own changes that are not yet in that order hide older
//! ones of the same name. That is how Chromium does it, and what <https://github.com/whatwg/html/issues/403>
//! allows. Claims are in one place, as IndexedDB's transactions are.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{flutter::area::Listing, watch::Hub};

/// A name and what is put under it; `None` removes it.
type Change = (String, Option<String>);

#[derive(Default)]
struct State {
    /// All changes that everyone will see, in their order, with the tab that made them.
    order: Vec<(usize, Change)>,
    tabs: Vec<View>,
    claims: BTreeMap<String, String>,
}

#[derive(Default)]
struct View {
    /// How much of the order has arrived.
    arrived: usize,
    /// What that makes.
    texts: BTreeMap<String, String>,
    /// This tab's own changes that have not come back in the order; the first `sent` of them are in it.
    own: VecDeque<Change>,
    sent: usize,
}

fn apply(texts: &mut BTreeMap<String, String>, (name, text): &Change) {
    match text {
        Some(text) => drop(texts.insert(name.clone(), text.clone())),
        None => drop(texts.remove(name)),
    }
}

impl State {
    /// Puts a tab's oldest change that is not in the order into it.
    fn send(&mut self, tab: usize) -> bool {
        let view = &mut self.tabs[tab];
        let Some(change) = view.own.get(view.sent) else { return false };
        self.order.push((tab, change.clone()));
        view.sent += 1;
        true
    }

    /// Lets the next change of the order arrive at a tab.
    fn arrive(&mut self, tab: usize) -> bool {
        let view = &mut self.tabs[tab];
        let Some((from, change)) = self.order.get(view.arrived) else { return false };
        apply(&mut view.texts, change);
        view.arrived += 1;
        if *from == tab {
            view.own.pop_front();
            view.sent -= 1;
        }
        true
    }
}

/// A browser with one localStorage and no tab yet.
#[derive(Clone, Default)]
pub(super) struct Browser(Arc<Mutex<State>>);

impl Browser {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic under the lock")
    }

    /// Another tab, in its own process, which has seen nothing yet.
    pub(super) fn tab(&self) -> Tab {
        let mut state = self.state();
        state.tabs.push(View::default());
        Tab { browser: self.clone(), index: state.tabs.len() - 1 }
    }

    /// Lets every change arrive everywhere.
    pub(super) fn settle(&self) {
        let mut state = self.state();
        for tab in 0..state.tabs.len() {
            while state.send(tab) {}
        }
        for tab in 0..state.tabs.len() {
            while state.arrive(tab) {}
        }
        assert!(state.tabs.iter().all(|view| view.own.is_empty() && view.texts == state.tabs[0].texts));
    }

    pub(super) fn claim(&self, namespace: &str) -> Option<String> {
        self.state().claims.get(namespace).cloned()
    }

    pub(super) fn put_claim(&self, namespace: &str, text: &str) {
        self.state().claims.insert(namespace.to_owned(), text.to_owned());
    }

    /// Runs tasks to their end, in an order that `schedule` chooses; changes travel in between, or hardly.
    pub(super) fn run(&self, schedule: &mut fastrand::Rng, mut tasks: Vec<Task>) {
        let mut context = Context::from_waker(Waker::noop());
        // From one in two to one in a hundred: in some schedules nothing arrives before all is over.
        let travels = *schedule.choice(&[0.5, 0.2, 0.05, 0.01]).expect("one of them");
        while !tasks.is_empty() {
            if schedule.f64() < travels {
                let mut state = self.state();
                let tab = schedule.usize(..state.tabs.len());
                let _ = if schedule.bool() { state.send(tab) } else { state.arrive(tab) };
            } else {
                let at = schedule.usize(..tasks.len());
                if tasks[at].as_mut().poll(&mut context).is_ready() {
                    drop(tasks.swap_remove(at));
                }
            }
        }
    }
}

/// Something that a tab does.
pub(super) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A tab's localStorage, without claims: the trait's default bodies.
#[derive(Clone)]
pub(super) struct Tab {
    browser: Browser,
    index: usize,
}

impl Tab {
    fn change(&self, name: &str, text: Option<&str>) {
        self.browser.state().tabs[self.index].own.push_back((name.to_owned(), text.map(str::to_owned)));
    }

    fn texts(&self) -> BTreeMap<String, String> {
        let state = self.browser.state();
        let view = &state.tabs[self.index];
        let mut texts = view.texts.clone();
        view.own.iter().for_each(|change| apply(&mut texts, change));
        texts
    }
}

impl Area for Tab {
    type Text = str;

    fn get(&self, name: &str) -> Result<Option<String>> {
        Ok(self.texts().remove(name))
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        self.change(name, Some(text));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<bool> {
        let was_there = self.get(name)?.is_some();
        self.change(name, None);
        Ok(was_there)
    }

    fn list(&self, prefix: &str) -> Result<Listing<str>> {
        let entries = self.texts().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
        Ok(Listing { entries, ill_formed: Vec::new() })
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        match self.get(name)? {
            Some(there) => Ok(there),
            None => self.set(name, text).map(|()| text.to_owned()),
        }
    }

    fn hub(&self, _namespace: &str) -> Arc<Hub> {
        Arc::default()
    }
}

/// A tab's localStorage with claims, arbitrated as `platform/web/flutter.rs` does with IndexedDB.
#[derive(Clone)]
pub(super) struct Arbitrated(pub(super) Tab);

impl Arbitrated {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.browser.state()
    }
}

impl Area for Arbitrated {
    type Text = str;

    fn get(&self, name: &str) -> Result<Option<String>> {
        self.0.get(name)
    }

    fn set(&self, name: &str, text: &str) -> Result<()> {
        self.0.set(name, text)
    }

    fn remove(&self, name: &str) -> Result<bool> {
        self.0.remove(name)
    }

    fn list(&self, prefix: &str) -> Result<Listing<str>> {
        self.0.list(prefix)
    }

    fn add(&self, name: &str, text: &str) -> Result<String> {
        self.0.add(name, text)
    }

    async fn claimed(&self, name: &str) -> Result<Option<String>> {
        turn().await;
        let claimed = self.0.browser.claim(name);
        turn().await;
        Ok(claimed)
    }

    async fn establish(&self, name: &str, claimed: Option<&str>, text: &str) -> Result<String> {
        turn().await;
        let winner = match self.0.browser.claim(name) {
            Some(current) if Some(current.as_str()) != claimed => current,
            _ => {
                self.0.browser.put_claim(name, text);
                text.to_owned()
            }
        };
        turn().await;
        self.add(name, &winner)
    }

    async fn follow(&self, name: &str) {
        turn().await;
        if let Ok(Some(text)) = self.get(name) {
            self.0.browser.put_claim(name, &text);
        }
        turn().await;
    }

    async fn disclaim(&self, name: &str) -> Result<()> {
        turn().await;
        self.state().claims.remove(name);
        turn().await;
        Ok(())
    }

    fn hub(&self, namespace: &str) -> Arc<Hub> {
        self.0.hub(namespace)
    }
}

/// Lets others run once.
async fn turn() {
    let mut waited = false;
    let turn = std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    pin!(turn).await;
}

/// The software engine, with WebCrypto's habit of letting others run before it answers.
pub(super) struct Patient(SoftwareCipher);

impl Cipher for Patient {
    type Text = str;
    type Input = [u8];
    type Value = Plaintext;
    type Wrap = SoftwareWrap;

    async fn import_wrap(key: &Secret, iv: &Secret) -> Result<SoftwareWrap> {
        SoftwareCipher::import_wrap(key, iv).await
    }

    async fn wrap(wrap: &SoftwareWrap, data_key: &[u8]) -> Result<Vec<u8>> {
        turn().await;
        SoftwareCipher::wrap(wrap, data_key).await
    }

    async fn import(engine: Engine, data_key: &[u8]) -> Result<Self> {
        turn().await;
        SoftwareCipher::import(engine, data_key).await.map(Patient)
    }

    async fn unwrap(engine: Engine, wrap: &SoftwareWrap, wrapped: &[u8]) -> Result<Result<Self, NotOpened>> {
        turn().await;
        Ok(SoftwareCipher::unwrap(engine, wrap, wrapped).await?.map(Patient))
    }

    async fn seal(&self, value: &[u8]) -> Result<String> {
        turn().await;
        self.0.seal(value).await
    }

    async fn open(&self, sealed: &str) -> Result<Result<Plaintext, NotOpened>> {
        turn().await;
        self.0.open(sealed).await
    }
}
