//! How a store is opened: plain data that compiles on every target. Each platform reads its own options.

mod flutter_app;
mod native;
mod settings;
mod web;
#[cfg(feature = "flutter")]
mod wrap;

use crate::error::{Error, Result};
pub use flutter_app::FlutterApp;
pub use native::NativeOptions;
pub(crate) use settings::{Place, Settings};
pub use web::{Engine, Layout, WebOptions};
#[cfg(feature = "flutter")]
pub(crate) use wrap::WrapKey;

/// Options that [`SecureStorage::with`](crate::SecureStorage::with) changes. The others stay as they were at `open`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    pub(crate) web: WebOptions,
    pub(crate) fresh: Option<bool>,
}

impl CallOptions {
    /// Options that change nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the web options that are set in `options`.
    #[must_use]
    pub fn web(mut self, options: WebOptions) -> Self {
        self.web = options;
        self
    }

    /// Whether reads ask the storage instead of this handle's copies of sealed records. A copy may be out of date until
    /// the message about another tab's change arrives. Sealed layout only: the flutter layout always reads the storage.
    #[must_use]
    pub fn fresh(mut self, yes: bool) -> Self {
        self.fresh = Some(yes);
        self
    }
}

impl CallOptions {
    /// Refuses what a handle of this layout cannot change.
    pub(crate) fn check(&self, layout: Layout) -> Result<()> {
        if self.web.layout.is_some_and(|other| other != layout) {
            return Err(Error::invalid("layout", "a handle keeps its layout: open the namespace again"));
        }
        match layout {
            #[cfg(feature = "flutter")]
            Layout::Flutter => match self.fresh {
                Some(_) => {
                    let message = "fresh belongs to the sealed layout: the flutter layout is always read fresh";
                    Err(Error::invalid("fresh", message))
                }
                None => self.web.wrap().map(drop),
            },
            #[cfg(feature = "sealed")]
            Layout::Sealed => {
                if let Some(argument) = self.web.set_of_flutter() {
                    return Err(Error::invalid(argument, format!("{argument} belongs to the flutter layout")));
                }
                if self.web.db_name.is_some() {
                    return Err(Error::invalid("dbName", "a handle keeps its database: open the namespace again"));
                }
                Ok(())
            }
            #[cfg(not(all(feature = "flutter", feature = "sealed")))]
            left_out => Err(left_out.is_left_out()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handle_cannot_change_is_refused_by_its_name() {
        let refused = |options: CallOptions, layout| options.check(layout).err().and_then(|error| error.argument());
        let web = |web| CallOptions::new().web(web);
        assert_eq!(refused(web(WebOptions::flutter()), Layout::Sealed), Some("layout"));
        assert_eq!(refused(web(WebOptions::new().wrap_key([0; 32])), Layout::Sealed), Some("wrapKey"));
        assert_eq!(refused(web(WebOptions::new().db_name("other")), Layout::Sealed), Some("dbName"));
        assert_eq!(refused(CallOptions::new().fresh(true), Layout::Sealed), None);
        assert_eq!(refused(CallOptions::new().fresh(true), Layout::Flutter), Some("fresh"));
        assert_eq!(refused(web(WebOptions::new().wrap_key([0; 32])), Layout::Flutter), Some("wrapKeyIv"));
        assert_eq!(refused(web(WebOptions::new().use_session_storage(true)), Layout::Flutter), None);
    }
}
